/**
 * Matches a whole text against a pattern in which `*` stands for any characters and nothing else is special.
 *
 * @param flags of the regular expression
 */
export function wildcard(pattern: string, flags = ''): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, `s${flags}`);
}
