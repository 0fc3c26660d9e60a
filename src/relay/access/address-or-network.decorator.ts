import { ValidateBy } from 'class-validator';
import { isAddressOrNetwork } from './trusted-proxies.js';

/** Each of a list is an address, or a network in CIDR form. */
export function IsAddressOrNetwork(): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isAddressOrNetwork',
      validator: {
        validate: isAddressOrNetwork,
        defaultMessage: () =>
          '$property must be addresses and networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas',
      },
    },
    { each: true },
  );
}
