import { WholeNumber } from '../../config/index.js';

const LAST_PORT = 65_535;

/** How many, 1 or more. */
export const Count = (): PropertyDecorator => WholeNumber({ min: 1, what: 'a number' });

/** An age in days, 1 or more. */
export const Days = (): PropertyDecorator => WholeNumber({ min: 1, what: 'a number of days' });

/** A port; 0, where `min` does not forbid it, is any that is free. */
export const Port = ({ min = 0 } = {}): PropertyDecorator => WholeNumber({ min, max: LAST_PORT, what: 'a port' });
