import { render } from 'preact';
import '../style/tokens.css';
import '../style/base.css';
import '../ui/ui.css';
import './app.css';
import { ConsoleApp } from './console.js';
import { createConsole } from './console-context.js';
import { listenForShortcuts } from './shortcuts.js';

const console = createConsole(window);
// Before anything else, so that it is in the address for as short as can be.
const token = console.router.takeSecret('token');
// Into a page that is open such a link is pasted without a new start.
console.router.onSecret('token', (later) => void console.session.begin(later));
listenForShortcuts(document);
const place = document.getElementById('console');
if (place) render(<ConsoleApp console={console} />, place);
void console.session.begin(token);
