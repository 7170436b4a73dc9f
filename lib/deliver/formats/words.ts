export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a message says in a language of people. */
export interface Words {
  /** By phase, and by type where the phase does not say it. What has no word here is told by its own name. */
  readonly phases: Readonly<Partial<Record<string, string>>>;
  readonly types: Readonly<Partial<Record<string, string>>>;
  /** What has no word here is told by its own name, with a capital. */
  readonly fields: Readonly<Partial<Record<FieldName, string>>>;
  readonly units: readonly [days: string, hours: string, minutes: string, seconds: string];
  readonly more: string;
  readonly open: string;
}

export type FieldName =
  | 'phase'
  | 'operation'
  | 'resource'
  | 'api'
  | 'account'
  | 'region'
  | 'job'
  | 'vendorStatus'
  | 'error'
  | 'took'
  | 'label'
  | 'reason'
  | 'subject';

const en: Words = {
  // Others read as they are written.
  phases: { stopped: 'watch stopped' },
  types: {},
  fields: { api: 'API', vendorStatus: 'Vendor’s status', error: 'Vendor’s error', subject: 'About' },
  units: [' d', ' h', ' min', ' s'],
  more: '… and more',
  open: 'Open in jobwatch',
};

const zh: Words = {
  phases: {
    pending: '等待中',
    running: '运行中',
    rolling_back: '回滚中',
    succeeded: '成功',
    failed: '失败',
    rollback_failed: '回滚失败',
    canceled: '已取消',
    timed_out: '超时',
    lost: '已丢失',
    stopped: '已停止监视',
    incomplete: '未完成',
  },
  types: {
    'job.overdue': '耗时过长',
    'job.unknown_status': '未知状态',
    'group.failing': '任务组有失败',
    'account.denied': '账号被拒绝',
    'message.rejected': '消息被拒绝',
    'endpoint.disabled': '订阅已停用',
    test: '测试',
  },
  fields: {
    phase: '阶段',
    operation: '操作',
    resource: '资源',
    api: '接口',
    account: '账号',
    region: '地域',
    job: '任务',
    vendorStatus: '厂商状态',
    error: '厂商错误',
    took: '耗时',
    label: '标签',
    reason: '原因',
    subject: '对象',
  },
  units: [' 天', ' 小时', ' 分', ' 秒'],
  more: '……还有更多',
  open: '在 jobwatch 中查看',
};

export const WORDS: Readonly<Record<Language, Words>> = { en, zh };

/** `rolling_back` is two words, and so is `account.denied`. */
export function plainWords(name: string): string {
  return name.replace(/[._]/g, ' ');
}
