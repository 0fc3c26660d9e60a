/** The `engine` of a relay that is one process. */
export const EMBEDDED = 'embedded';
