/** UTF-16 units of what is searched for; more would not fit into the arguments of a program everywhere. */
export const MAX_QUERY_LENGTH = 10_000;

/** The argument that leaves out what git itself keeps. It stands behind what a client includes, because the last one wins. */
export const NOT_GIT = '--glob=!.git';
