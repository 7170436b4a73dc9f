import { isObject } from '../../base/is-object.ts';
import type { Pointer } from './declaration.ts';

/** What stands there; undefined: nothing. Own members only. https://www.rfc-editor.org/rfc/rfc6901 */
export function valueAt(root: unknown, pointer: Pointer): unknown {
  let value: unknown = root;
  for (const escaped of pointer.slice(1).split('/')) {
    const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = /^(0|[1-9]\d{0,5})$/.test(name) ? value[Number(name)] : undefined;
    else value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
