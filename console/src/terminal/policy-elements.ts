/**
 * Lets xterm work under a strict Content-Security-Policy, which refuses `<style>` elements without the page's nonce, and `style` attributes
 * that are set as text. xterm 6 makes both, and only part of it asks for the document that it is to use (`documentOverride`). So elements that
 * scripts make from now on are given the nonce, and a `style` attribute is set property by property. Markup stays as bound as it was.
 *
 * @param document changed once, however often this is called
 */
export function makeElementsFitPolicy(document: Document): void {
  if (Object.hasOwn(document, 'createElement')) return;
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
  const create = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    else if (element instanceof HTMLSpanElement) element.setAttribute = setAttribute;
    return element;
  };
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
