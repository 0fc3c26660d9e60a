/** UTF-16 units of a branch's name; more is no name of a file, and so of no branch. */
export const MAX_BRANCH_LENGTH = 250;
