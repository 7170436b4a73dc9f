import { ALIBABA } from './alibaba/cloud.ts';
import { declaredCloud } from './declared/cloud.ts';
import type { DeclaredCloud } from './declared/declaration.ts';
import { DIGITALOCEAN } from './declared/digitalocean.ts';
import { HETZNER } from './declared/hetzner.ts';
import { HUAWEI } from './huawei/cloud.ts';
import type { AnyCloud } from './kit/cloud.ts';
import { TENCENT } from './tencent/cloud.ts';

/** Clouds that are data. */
export const DECLARED: readonly DeclaredCloud[] = [HETZNER, DIGITALOCEAN];

/** The clouds that can be watched: a line each, here and nowhere else. */
export const CLOUDS: readonly AnyCloud[] = [ALIBABA, HUAWEI, TENCENT, ...DECLARED.map(declaredCloud)];
