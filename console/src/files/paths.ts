/** The workspace itself, as paths of a device name it: all others are relative to it, with `/` between names. */
export const ROOT = '.';

export function childOf(directory: string, name: string): string {
  return directory === ROOT ? name : `${directory}/${name}`;
}

/** The directory that holds a path; the workspace's is itself. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end === -1 ? ROOT : path.slice(0, end);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The directories on the way to a path, the outermost first, the workspace not among them. */
export function ancestorsOf(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/** What stands behind the last dot of a name, in small letters; empty for none, and for names that only begin with a dot. */
export function extensionOf(path: string): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** Whether people expect not to be shown a name at first. */
export function isHidden(path: string): boolean {
  return nameOf(path).startsWith('.');
}
