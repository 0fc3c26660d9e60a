/** Injects the `Clock`; replaced by tests. */
export const CLOCK = Symbol('CLOCK');
