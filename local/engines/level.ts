/**
 * In the place of the package `level`, from which dynalite takes its store: the store is what dynalite's option `path`
 * brings. The release's bundle names this file for `level`.
 */
export function Level<Store extends object>(store: Store): Store {
  return store;
}
