/**
 * A document whose new `<style>` elements have the nonce that the Content-Security-Policy asks for: xterm makes some, and takes a document to
 * make them with (`documentOverride`).
 */
export function documentWithNonce(document: Document, nonce: string): Document {
  const createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const element = document.createElement(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  return new Proxy(document, {
    get(target, name) {
      if (name === 'createElement') return createElement;
      // Of the document itself: its getters and methods refuse to work on anything else.
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** As the relay wrote it into the page; empty where it wrote none. */
export function nonceOf(document: Document): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
}
