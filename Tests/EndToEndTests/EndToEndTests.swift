import Testing

/// Tests with real processes and real clients. One at a time: they load the machine, and look at what that does to
/// others.
@Suite(.serialized) struct EndToEndTests {}
