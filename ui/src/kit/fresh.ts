/**
 * After how many milliseconds without a good collection the data of a customer are old. Devices are read every 5 minutes:
 * after half an hour six reads have failed, and "healthy" would be a guess.
 */
export const oldAfter = 30 * 60_000

/** Whether what is known is too old to speak of now. `dataAt` is the last good collection; before the first nothing is known. */
export function isOld(dataAt: string | undefined, now: number): boolean {
  return dataAt === undefined || now - Date.parse(dataAt) > oldAfter
}
