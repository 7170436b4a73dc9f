import { isObject } from '../../base/is-object.ts';
import type { Message } from './message.ts';

/** A group's robot: how it wants to be told, and what its answers mean. A file each. */
export interface Format {
  /** As people call it. */
  readonly name: string;
  readonly pace: Pace;
  /** The body, unsigned and below the robot's size. */
  readonly render: (message: Message) => Readonly<Record<string, unknown>>;
  /** With the secret of the group's settings; absent: the robot knows no signature. */
  readonly sign?: (request: RobotRequest, secret: string, nowMs: number) => RobotRequest;
  /** null: this is no answer of such a robot, and its status alone counts. */
  readonly judge: (answer: RobotAnswer) => Judgement | null;
}

/**
 * How often a robot may be told, over all workers: slots this far apart. A worker may use its slot for `lateMs` after
 * its time: in any minute no more than (60 s + lateMs) / intervalMs, rounded up, are used.
 */
export interface Pace {
  readonly intervalMs: number;
  readonly lateMs: number;
}

export interface RobotRequest {
  readonly url: URL;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RobotAnswer {
  readonly status: number;
  readonly body: string;
}

export interface Judgement {
  /**
   * `refused`: a later attempt may do better. `final`: none can. `gone`: there is no such robot. `throttled`: too fast.
   */
  readonly kind: 'delivered' | 'refused' | 'final' | 'gone' | 'throttled';
  /** The robot's own code and words. */
  readonly code: string;
  readonly words: string;
  /** If it is too fast: when it can be told again. */
  readonly restMs?: number;
}

/** The answer's JSON object; null: it is none. */
export function jsonOf({ body }: RobotAnswer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** DingTalk and WeCom answer alike. */
export function byErrcode(kinds: Readonly<Record<string, Judgement['kind']>>, restMs: number): Format['judge'] {
  return (answer) => {
    const { errcode, errmsg } = jsonOf(answer) ?? {};
    return byCode(errcode, errmsg, kinds, restMs);
  };
}

/** A judgement by a table of codes; what it does not have is `refused`. */
export function byCode(
  code: unknown,
  words: unknown,
  kinds: Readonly<Record<string, Judgement['kind']>>,
  restMs: number,
): Judgement | null {
  if (typeof code !== 'number') return null;
  const kind = code === 0 ? 'delivered' : (kinds[code] ?? 'refused');
  return { kind, code: String(code), words: typeof words === 'string' ? words : '', restMs };
}
