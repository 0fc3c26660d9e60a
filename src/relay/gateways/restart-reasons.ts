/** What sockets are closed with whose environment another node serves from now on. */
export const MOVED_REASON = 'Another relay node serves this environment; reconnect.';

/** What sockets are closed with as their relay stops. */
export const RESTART_REASON = 'The relay restarts; reconnect.';
