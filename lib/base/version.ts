/** jobwatch's own version, as in `package.json`: receivers see it in `user-agent`. */
export const VERSION = '0.2.0';
