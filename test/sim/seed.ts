/** The seed of a test that depends on chance: told first, and overridable by the environment. */
export function seedOf(name: string, byDefault: number): number {
  const seed = Number(process.env[name] ?? byDefault);
  console.log(`${name}=${seed}`);
  return seed;
}
