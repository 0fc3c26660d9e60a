export type { OpenAttachment } from './console-client.js';
export { useConsole, useTitle, useTitleCount, type Console } from './console-context.js';
export { useHeaderSlot } from './header-slot.js';
export { environmentHref, hrefTo } from './router.js';
export { useShortcuts, type Shortcut } from './shortcuts.js';
