import type { JobEventData } from '../../events/event.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a message says in a language of people. */
export interface Words {
  readonly phases: Readonly<Record<JobEventData['phase'], string>>;
  readonly types: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<FieldName, string>>;
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
  | 'labels'
  | 'reason'
  | 'subject';

const en: Words = {
  phases: {
    pending: 'pending',
    running: 'running',
    rolling_back: 'rolling back',
    succeeded: 'succeeded',
    failed: 'failed',
    rollback_failed: 'rollback failed',
    canceled: 'canceled',
    timed_out: 'timed out',
    lost: 'lost',
    stopped: 'watch stopped',
  },
  types: {
    'jobwatch.job.overdue': 'overdue',
    'jobwatch.job.unknown_status': 'unknown status',
    'jobwatch.account.denied': 'account denied',
    'jobwatch.message.rejected': 'message rejected',
    'jobwatch.endpoint.disabled': 'endpoint disabled',
    'jobwatch.test': 'test',
  },
  fields: {
    phase: 'Phase',
    operation: 'Operation',
    resource: 'Resource',
    api: 'API',
    account: 'Account',
    region: 'Region',
    job: 'Job',
    vendorStatus: 'Vendor’s status',
    error: 'Vendor’s error',
    took: 'Took',
    labels: 'Label',
    reason: 'Reason',
    subject: 'About',
  },
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
  },
  types: {
    'jobwatch.job.overdue': '耗时过长',
    'jobwatch.job.unknown_status': '未知状态',
    'jobwatch.account.denied': '账号被拒绝',
    'jobwatch.message.rejected': '消息被拒绝',
    'jobwatch.endpoint.disabled': '订阅已停用',
    'jobwatch.test': '测试',
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
    labels: '标签',
    reason: '原因',
    subject: '对象',
  },
  units: [' 天', ' 小时', ' 分', ' 秒'],
  more: '……还有更多',
  open: '在 jobwatch 中查看',
};

export const WORDS: Readonly<Record<Language, Words>> = { en, zh };
