import { computed, signal, type ReadonlySignal } from '@preact/signals';

/** What of a browser's window the router uses. */
export interface AddressBar {
  readonly location: { hash: string; readonly pathname: string; readonly search: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
  addEventListener(type: 'hashchange', listener: () => void): void;
}

/** What is no place: places begin with a slash. */
const SECRET = /^#[a-z]+=/;

/** Where one is, from the part of the address behind `#`: it works under every path, and servers never see it. */
export class Router {
  private readonly hash: { value: string };
  /** Decoded parts between slashes; none on the first page. */
  readonly path: ReadonlySignal<readonly string[]>;

  constructor(private readonly bar: AddressBar) {
    const hash = signal(bar.location.hash);
    this.hash = hash;
    this.path = computed(() => partsOf(hash.value));
    bar.addEventListener('hashchange', () => {
      // A link that carries something leads nowhere: one stays where one is.
      if (!SECRET.test(bar.location.hash)) hash.value = bar.location.hash;
    });
  }

  /** @param href as `hrefTo` makes it */
  go(href: string): void {
    this.bar.location.hash = href;
  }

  /** Changes the address without a step back to the one before. */
  replace(href: string): void {
    const { pathname, search } = this.bar.location;
    this.bar.history.replaceState(null, '', `${pathname}${search}${href}`);
    this.hash.value = href;
  }

  /** Takes what links carry behind `#name=` whenever one is followed while the page is open. @param taken told what it was */
  onSecret(name: string, taken: (secret: string) => void): void {
    this.bar.addEventListener('hashchange', () => {
      const secret = this.takeSecret(name);
      if (secret !== undefined) taken(secret);
    });
  }

  /** Takes what a link carried behind `#name=` out of the address, so that nobody reads it there later. */
  takeSecret(name: string): string | undefined {
    const prefix = `#${name}=`;
    const { hash } = this.bar.location;
    if (!hash.startsWith(prefix)) return undefined;
    this.replace(SECRET.test(this.hash.value) ? '' : this.hash.value);
    return decode(hash.slice(prefix.length));
  }
}

/** `#/e/env-1/files/src/main.ts`, of its parts. */
export function hrefTo(...parts: readonly string[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
}

/** The address of an environment's page, or of one of its tabs. */
export function environmentHref(id: string, ...parts: readonly string[]): string {
  return hrefTo('e', id, ...parts);
}

function partsOf(hash: string): string[] {
  return hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decode);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed a lone %.
    return text;
  }
}
