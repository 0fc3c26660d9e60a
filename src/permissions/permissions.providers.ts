import type { Provider } from '@nestjs/common';
import { optionsProvider } from '../config/index.js';
import { Permissions } from './permissions.js';
import { PERMISSIONS_OPTIONS, PermissionsOptions } from './permissions.options.js';

/** What is allowed here. It needs the values behind `PERMISSIONS_OPTIONS`. */
export const permissionsProviders: Provider[] = [optionsProvider(PermissionsOptions, PERMISSIONS_OPTIONS), Permissions];
