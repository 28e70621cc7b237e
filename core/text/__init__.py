"""All knowledge of language, once: sentences, words, dates, locales, languages, detection, invisible characters."""
