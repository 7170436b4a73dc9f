import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';

/**
 * The file of the queue engine, fauxqs 2.4.1. Its own way to note that a message is free again (`updateMessageReady`)
 * writes NULL into `approximate_receive_count`, which is NOT NULL, and throws. By then `changeVisibility` has taken the
 * message out of what is in flight and has put it nowhere: a message that is given back with a time-out of 0 is gone
 * from the memory, and stands in the file until the next start.
 */
export class QueueFile extends PersistenceManager {
  /** Prepared once: a statement is memory outside the heap until it is collected. */
  private readonly free = this['db'].prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );

  /** A file that can't be written is no reason to lose the message: it says in flight, until the lease is over. */
  override updateMessageReady(messageId: string): void {
    try {
      this.free.run(messageId);
    } catch {}
  }
}
