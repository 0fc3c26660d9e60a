/**
 * Whether a name fits a pattern in which `*` stands for any characters and nothing else is special. Patterns come from people and
 * are asked often: it takes at most (length of the pattern) × (length of the name) steps, which a regular expression does not promise.
 */
export function fitsPattern(name: string, pattern: string): boolean {
  let inName = 0;
  let inPattern = 0;
  /** The last `*`, and how much of the name it stands for ends where. */
  let star = -1;
  let starEnd = 0;
  while (inName < name.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++;
      starEnd = inName;
    } else if (pattern[inPattern] === name[inName]) {
      inPattern++;
      inName++;
    } else if (star >= 0) {
      inPattern = star + 1;
      inName = ++starEnd;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
