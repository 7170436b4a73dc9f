import { dingtalk } from './dingtalk.ts';
import { feishu } from './feishu.ts';
import type { Format } from './format.ts';
import { slack } from './slack.ts';
import { wecom } from './wecom.ts';

/** What a webhook can be sent beside the event itself: messages for the robots of groups. */
export const ROBOTS = { dingtalk, feishu, wecom, slack } as const satisfies Readonly<Record<string, Format>>;
export type RobotName = keyof typeof ROBOTS;

/** null: it is sent the event itself. */
export function robotOf(format: string): Format | null {
  return Object.hasOwn(ROBOTS, format) ? ROBOTS[format as RobotName] : null;
}
