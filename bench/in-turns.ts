/**
 * Measures every contender once a round, so that whatever else the machine does meets all of
 * them. Each round begins with another one.
 *
 * @returns for each contender what was measured, by round
 */
export async function inTurns<Contender, Result>(
  contenders: readonly Contender[],
  roundCount: number,
  measure: (contender: Contender) => Promise<Result>,
): Promise<readonly (readonly Result[])[]> {
  const rounds = contenders.map((): Result[] => []);
  for (let round = 0; round < roundCount; round += 1) {
    for (let step = 0; step < contenders.length; step += 1) {
      const place = (round + step) % contenders.length;
      const contender = contenders[place];
      if (contender === undefined) continue;
      rounds[place]?.push(await measure(contender));
    }
  }
  return rounds;
}
