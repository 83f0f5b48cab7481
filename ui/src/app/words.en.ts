import common from '../text/common.en.json'
import app from './text.en.json'
import { byFeature } from './words.feature'

const features = import.meta.glob<object>(['../*/text.en.json', '!./text.en.json'], { eager: true, import: 'default' })

export const words = { common, app, ...byFeature(features) }
