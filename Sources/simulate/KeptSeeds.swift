/// Seeds that failed once, each with what it found. They are run first, always.
enum KeptSeeds {
  static let all: [UInt64] = [
    40_073,  // a home set back to an empty copy; what it had sent was compared with people that it had lost
    40_144,  // a home set back three times: its followers logged what came again under numbers that they had
    41_055,  // MONITOR went on showing somebody online whose realm was forgotten
    50_034,  // entries were told to a follower before the snapshot that they follow
    310_329,  // a home could not read a group for a follower, and did not tell it that the group ended meanwhile
    320_094,  // a home set back while its time stood still: what came again had number, id and time as before
    400_704,  // shown twice to who had left a group before its home was set back, and was a member again
    405_776,  // an id was looked for where it had been set apart, not where it came again
    300_371,  // a group that was left and is followed anew hid ids of others from the index
    502_064,  // what a realm that was set back gets again counted as waiting, and a refusal found no room
    504_090,  // called delivered after a crash, although it had been refused before
    506_876,  // a home set back behind a snapshot of which nothing was logged: the replica waited for what never comes
    513_742,  // a link took the place of another while the realm behind it was set back: nobody asked what it had lost
    516_723,  // a group was deleted and its home set back: shown twice to all but the last who was removed
    506_936,  // an acknowledgement that came before the positions let what was posted overtake what had been lost
    530_918,  // a realm was forgotten before those knew it whose envelopes were through
    1_100_556,  // a disk was too busy to say what people had seen who were thrown out of a group: shown twice
    1_101_509,  // a home lost an edit when it was set back, its followers kept it
    1_200_226,  // what somebody had said before leaving and joining again was taken for made up by the home
  ]
}
