/** What everybody shows to the relay of a bench. */
export const TOKEN = 'a-token-of-the-bench';
