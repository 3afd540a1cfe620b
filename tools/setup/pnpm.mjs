/** The one pnpm that sets up and packs: run through npx, so that nobody needs it installed (Corepack refuses it). */
export const PNPM = 'pnpm@12.21.0';

/** npm hands its own settings down as `npm_config_*`, and pnpm warns about each; where to find packages is kept. */
export const pnpmEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_(?!.*(?:registry|proxy|cafile|cache))/i.test(name)));
