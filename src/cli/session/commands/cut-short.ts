/** What is said of a search that was cut at its deadline. */
export const CUT_SHORT = 'There was not the time to look at everything.';
