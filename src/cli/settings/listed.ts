/**
 * A list as it was written, with `default` replaced by what holds where nothing is set, and `none` by nothing.
 *
 * @param written undefined where nothing is set
 */
export function listed(written: readonly string[] | undefined, defaults: readonly string[]): readonly string[] {
  return (written ?? ['default']).flatMap((item) => (item === 'default' ? defaults : item === 'none' ? [] : [item]));
}
