import { render } from 'preact';
import { App } from './app.tsx';
import { startRouter } from './data/router.ts';
import { followOtherTabs } from './data/session.ts';

startRouter();
followOtherTabs();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
