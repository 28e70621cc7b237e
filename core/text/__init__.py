"""All knowledge of language, once: sentences, words, dates, locales, languages, detection, invisible characters.

The modules are the door, one for each kind of knowledge: `from core.text.sentences import split_sentences`.
"""
