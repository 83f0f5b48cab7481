import common from '../text/common.fr.json'
import app from './text.fr.json'
import { byFeature } from './words.feature'

const features = import.meta.glob<object>(['../*/text.fr.json', '!./text.fr.json'], { eager: true, import: 'default' })

export const words = { common, app, ...byFeature(features) }
