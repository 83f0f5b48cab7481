import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** The files below a folder whose names match, as paths from there with slashes, in order. */
export function filesBelow(folder: string, name: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}
