export type Send = (messages: readonly unknown[]) => Promise<void>;
