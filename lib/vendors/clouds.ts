import { ALIBABA } from './alibaba/cloud.ts';
import { HUAWEI } from './huawei/cloud.ts';
import type { AnyCloud } from './kit/cloud.ts';
import { TENCENT } from './tencent/cloud.ts';

/** The clouds that can be watched: a line each, here and nowhere else. */
export const CLOUDS: readonly AnyCloud[] = [ALIBABA, HUAWEI, TENCENT];
