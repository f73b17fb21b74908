"""What MPEG's coders spend on numbers: the lengths of their Huffman codes.

Lengths alone, sign bits included, by |q|: Layer III from ISO 11172-3, table B.7; AAC from ISO 13818-7, annex A, where
the books that code signs along with the numbers (1, 2, 5, 6) are averaged over the signs (off by half a bit at most).
One character is one length in base 36. A word is a row: it runs over the last number of a pair or of four.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]

NONE: Final = 1 << 20
"""The length of what a table does not have."""

_LAYER3: Final = (
    "14 35",
    "147 457 678",
    "237 447 678",
    "1478 4589 789a 889a",
    "3468 4467 5678 7789",
    "14799a 46899a 779aab 89abbb 89abbc 9abccc",
    "24799a 446aaa 768aab 9aabbc 99abcc aabbdd",
    "34679a 45678a 56789a 77899a 8899ab 99aabb",
    "1479aaab 4689abaa 789abcbb 89abccbc 9abccccc abccddcd 9abcccdd aabccddd",
    "24689a9a 4568aa9a 6789abaa 889bacab 9aabbcbc 9abccdcd 999abccc 99abcccc",
    "44689aaa 456799aa 66789a9a 77889aaa 8899aaab 99aaabab 999aabbc aaabbbbc",
    "15789aababccddee 4689aabbbbccdeee 789abbccbccddeff 89abbccccddddeff 99bbccddcddeeffg "
    "aabcccddddedffgg abccdddddeeeffgg bbcdddeeeefffgii aabccddeeeeffghh bbccdddfeffgggih "
    "bccddeefefgfghij cccdeeeefffghhhi cddeefefgghhhiii ddefffggggghihii eeefffhggjhhhjii "
    "defggghghhiilkli",
    "356889aaabbcccde 557899aaabbcccdd 677899aaabbccddd 78899aabbbcccddd 8899aabbbbcccddd "
    "999aaabbbbccddde a9aaabbbbcccddee aaabbbbcccccddde aaabbbbccccddeee aabbbbcccddddeee "
    "bbbbcccccddddefe bbbbccccddddeeef ccbcccddddddeeff cccccddddeeeeeff ddddddddeeeeffef "
    "dddddddeeeeeffff",
    "1579aabbcccdddea 4689abbbcccdedea 789abbccdcdddeeb 99abbcccddeeeffc aabbccdddeeefffb "
    "aabbcddedeefffgc bbbcddddeeeeffgc bbccdddeeffffhhc bccdddeeffffgggc cccddeeffffgfgfd "
    "cdcdeeeefggghhgc ddddeefggggggfgd deeeeffffhggggid feeeffgggihhhjhd efdeggfgghihjhgd "
    "aaabbcccddddddda",
    "45789aabbcccccda 56789aabbbccccca 77899aabbbbcccd9 8899aaabbbbcccc9 999aaaabbbccccd9 "
    "a9aaaabbbbccccc9 aaaaabbbbcccccd9 baaabbbbcccccdda bbbbbbbbbccccdda bbbbbbbcccccddda "
    "cbbbbccccccdddda ccbbbccccccdddda ccccccccccddddda ccccccccddddddda dccccccdddddddda "
    "99999999999aaaa6",
)
"""Tables 1 to 3, 5 to 13, 15, 16 and 24, of pairs; the last two go on with more bits from 15."""

_COUNT1: Final = (
    "155758795779799a",
    "4556566756676778",
)
"""Tables A and B, of four numbers up to 1."""

_AAC_FOURS: Final = (
    "15 57 57 79 57 7a 79 9b",
    "35 56 56 68 46 68 68 79",
    "159 57a abc 58b 89c bcd acf bce ddf 58c 8ad cdf 7ae 9be cdf bdg bdg dfg 9ch bei fhj adh cei fgj "
    "dfj dfj fgj",
    "469 66a aad 67a 77b aad aad abd dde 57a 67b abd 67b 78b bbd abd abd dde 9ad aad ddf aad abd ddf "
    "ddf ddf eef",
)
_AAC_PAIRS: Final = (
    "1478a 4589b 789ab 89abc abbcd",
    "44679 44679 66689 7789a 999ab",
    "14789abc 4689aabb 789aabbc 89aabbcc 9abbcccd aabbccdd bbbccdee ccccddee",
    "556789ab 5567899a 6667899a 777889aa 888899ab 99899aac a99aaabb baaabbbc",
    "1479abbccddee 4689aabcccdee 789aabcccdeee 99abbccdddeef aabbccdddeeef bbbcdddedeeff cbcdddeeeefff "
    "cccddeeffffff cccdddeeffgfg ccddeeeeffggg dddeeefffgggh ddeeeffffgghh eeeeffffggggh",
    "667789abbbccd 6667899aabccd 7677889aabbcc 7777899aabbcc 8888899aabbcc 998999aaabccd a9999aabbbccd "
    "aaaaaabbbccdd aaaaaabbcccdd bbbbbbbcccdde bbbbbccccddde ccbcccccdddde cccccccddeeee",
    "467899abbbccdcddb 667899aabbbccccda 777899aaabbbcccca 888899aaabbbcccca 99999aaaabbbcccca "
    "99999aaabbbbcccca aaaaaaaabbbccccca aaaaaaabbbcccccca bbaabbbbbccccccda bbbbbbbbccccccdda "
    "cbbbbbbcccccdcdda ccbbcbcccccddddda cccccccccccdddddb ccbbccccccddddddb ccccccccccddddddb "
    "dcccccccddddddeeb aaaaaaaaaaaaaaab7",
)
"""Books 1 to 4 and 5 to 11; the last goes on with an escape from 16."""

_AAC_DELTA: Final = "144566778899aaabbbbccdddeegfgfijjjjjjjjjjjjjjjjjjjjjjjjjjjjjj"
"""Of a step that is 0, 1, 2 .. quarter octaves larger than the band's before; about the same for smaller ones."""


def _table(words: str, *, base: int, dimensions: int) -> I32:
    """Lengths at |q| in mixed radix of ``base``, NONE where the table ends: shape (base ** dimensions,)."""
    lengths = [int(c, 36) for c in words.replace(" ", "")]
    own = round(len(lengths) ** (1 / dimensions))
    out = np.full((base,) * dimensions, NONE, dtype=np.int32)
    out[(slice(own),) * dimensions] = np.array(lengths).reshape((own,) * dimensions)
    return out.ravel()


LAYER3: Final = np.stack([_table(words, base=16, dimensions=2) for words in _LAYER3])
"""Shape (15, 256), at 16 a + b."""
COUNT1: Final = np.stack([_table(words, base=2, dimensions=4) for words in _COUNT1])
"""Shape (2, 16), at 8 a + 4 b + 2 c + d."""
AAC_FOURS: Final = np.stack([_table(words, base=3, dimensions=4) for words in _AAC_FOURS])
"""Shape (4, 81), at 27 a + 9 b + 3 c + d."""
AAC_PAIRS: Final = np.stack([_table(words, base=17, dimensions=2) for words in _AAC_PAIRS])
"""Shape (7, 289), at 17 a + b."""
AAC_DELTA: Final = np.array([int(c, 36) for c in _AAC_DELTA], dtype=np.int32)
"""Shape (61,)."""
