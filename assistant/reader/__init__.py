"""The reader: a small cross-encoder that was trained for three judgements, and the only place where they are made.

*answers*: "How old is Duarte?" × the sentences of a passage → how surely each of them answers.
*carries*: "Duarte is 48." × the words it cites → carried, contradicted or not told.
*request*: "What happened last week?" → an overview is asked for.

MiniLM's encoder (six layers, 384 wide) in int8 on CTranslate2, with a linear head on the mean of the last states of a
sentence (answers) or of everything (carries, request). ``weights/CARD.md`` says how it was trained and what it reaches.
"""

from assistant.reader.model import CARRIED, Carries, Evidence, Reader, RequestKind, reader

__all__ = ["CARRIED", "Carries", "Evidence", "Reader", "RequestKind", "reader"]
