import Testing

@testable import PhoenixKit

@Suite("The channel table")
struct ChannelTableTests {
    // MARK: Requests

    @Test("checks: connected first, then joined, then not joined yet")
    func checksInOrder() throws {
        var transcript = Transcript()
        _ = transcript.disconnect()
        #expect(throws: PhoenixError.self, "disconnected") { try transcript.send(.push, "a") }
        func code(_ kind: ChannelTable.Outstanding.Kind, _ topic: String) -> PhoenixError.Code? {
            do throws(PhoenixError) {
                _ = try transcript.table.authorize(kind, on: Bytes(topic))
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(.join, "a") == .disconnected)
        #expect(code(.leave, "a") == .disconnected)
        #expect(code(.push, "a") == .disconnected)
        transcript.table.connected()
        #expect(code(.push, "a") == .notJoined)
        #expect(code(.leave, "a") == .notJoined)
        _ = try transcript.send(.join, "a")
        #expect(code(.join, "a") == .alreadyJoined, "no two joins in flight on a topic")
        #expect(code(.push, "a") == .notJoined)
        transcript.reply(1, on: "a", joinReference: 1)
        #expect(code(.join, "a") == .alreadyJoined)
        #expect(code(.push, "a") == nil)
    }

    @Test("pushes and leaves carry the join_ref of their channel, joins their own reference")
    func stamps() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let ticket = try transcript.table.authorize(.push, on: "a")
        #expect(ticket.joinReference == join)
        #expect(ticket.reference == join + 1)
        let other = try transcript.table.authorize(.join, on: "b")
        #expect(other.joinReference == other.reference)
    }

    @Test("B5: references and join_refs rise for the whole life of a client, across rejoins and connections")
    func referencesNeverRepeat() throws {
        var transcript = Transcript()
        var seen: [UInt64] = []
        for _ in 0..<3 {
            seen.append(try transcript.join("a"))
            seen.append(try transcript.send(.push, "a"))
            seen.append(try transcript.send(.leave, "a"))
            seen.append(try transcript.join("a"))
            _ = transcript.disconnect()
            transcript.table.connected()
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count == seen.count)
    }

    @Test("refuses more outstanding references than its limit")
    func outstandingLimit() throws {
        var transcript = Transcript()
        transcript.table = ChannelTable(outstandingLimit: 3)
        transcript.table.connected()
        _ = try transcript.join("a")
        for _ in 0..<3 { _ = try transcript.send(.push, "a") }
        #expect { try transcript.send(.push, "a") } throws: { ($0 as? PhoenixError)?.code == .bufferFull }
        transcript.reply(2, on: "a", joinReference: 1)
        _ = try transcript.send(.push, "a")
    }

    // MARK: Joins

    @Test("a join is accepted by ok and by nothing else; B33: any other status is a refusal, whatever it says")
    func joinReplies() throws {
        var transcript = Transcript()
        _ = try transcript.send(.join, "a")
        #expect(transcript.reply(1, on: "a", joinReference: 1) == (.handled, [.joined("a", 1)]))
        for status in ["error", "wow", "", "OK"] {
            let reference = try transcript.send(.join, "b")
            let answer = transcript.reply(reference, on: "b", joinReference: reference, status: status)
            #expect(answer == (.handled, [.joinFailed("b", reference, .status(status))]))
            #expect(transcript.table.channels["b"] == nil)
        }
    }

    @Test("B8: replies that say \"unmatched topic\" have no join_ref and find their join or push by ref")
    func unmatchedTopic() throws {
        var transcript = Transcript()
        _ = try transcript.send(.join, "a")
        let refused = transcript.reply(1, on: "a", joinReference: nil, status: "error")
        #expect(refused == (.handled, [.joinFailed("a", 1, .status("error"))]))
        let join = try transcript.join("b")
        let push = try transcript.send(.push, "b")
        let raced = transcript.reply(push, on: "b", joinReference: nil, status: "error")
        #expect(raced == (.handled, [.ended("b", push, .status("error"))]), "a push, not a join error")
        #expect(transcript.table.isJoined("b"))
        #expect(join < push)
    }

    @Test("B1: a join reply counts for the pending join of its topic alone")
    func staleJoinReply() throws {
        var transcript = Transcript()
        let first = try transcript.send(.join, "a")
        _ = transcript.time(10)
        let second = try transcript.send(.join, "a", at: 11)
        #expect(transcript.reply(first, on: "a", joinReference: first) == (.drop(.unknownReference), []))
        #expect(!transcript.table.isJoined("a"), "the old join's reply does not join the new one")
        #expect(transcript.reply(second, on: "a", joinReference: first) == (.drop(.stale), []))
        #expect(transcript.reply(second, on: "other", joinReference: second) == (.drop(.unknownReference), []))
        #expect(transcript.reply(second, on: "a", joinReference: second) == (.handled, [.joined("a", second)]))
        #expect(transcript.reply(second, on: "a", joinReference: second) == (.drop(.unknownReference), []))
    }

    @Test("a join that times out ends once, and the server is sent a leave in case it joined after all")
    func joinTimeout() throws {
        var transcript = Transcript()
        let join = try transcript.send(.join, "a", timeout: 5)
        #expect(transcript.time(4) == [])
        #expect(
            transcript.time(5) == [
                .joinFailed("a", join, .timeout),
                .leave(topic: "a", reference: join + 1, joinReference: join),
            ]
        )
        #expect(transcript.reply(join + 1, on: "a", joinReference: join) == (.handled, []), "nobody asked for it")
        #expect(transcript.time(100) == [])
    }

    // MARK: Rejoins

    @Test("B2: the new join's reply, then the old join's close: the new channel stays joined (V2)")
    func oldCloseAfterNewReply() throws {
        var transcript = Transcript()
        let first = try transcript.join("a")
        let leave = try transcript.send(.leave, "a")
        let second = try transcript.send(.join, "a")
        #expect(
            transcript.reply(second, on: "a", joinReference: second)
                == (.handled, [.ended("a", leave, .left), .joined("a", second)])
        )
        let close = transcript.receive("phx_close", on: "a", joinReference: first, reference: first)
        #expect(close == (.drop(.stale), []))
        #expect(transcript.table.isJoined("a"))
    }

    @Test("B2: the same under V1, where the close names its join by ref alone")
    func oldCloseAfterNewReplyV1() throws {
        var transcript = Transcript()
        let first = try transcript.join("a")
        _ = try transcript.send(.leave, "a")
        let second = try transcript.send(.join, "a")
        transcript.reply(second, on: "a", joinReference: nil)
        #expect(transcript.receive("phx_close", on: "a", reference: first) == (.drop(.stale), []))
        #expect(transcript.receive("phx_error", on: "a", reference: first) == (.drop(.stale), []))
        #expect(transcript.table.isJoined("a"))
        let own = transcript.receive("phx_close", on: "a", reference: second)
        #expect(own == (.handled, [.closed("a", second, .closed)]))
    }

    @Test("B3: stale and unknown frames change nothing", arguments: ["phx_close", "phx_error", "phx_reply", "shout"])
    func strayFrames(event: String) throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        for (topic, joinReference, reference) in [
            ("a", 99 as UInt64?, 99 as UInt64?), ("a", 0, 0), ("nowhere", 7, 7), ("nowhere", nil, nil), ("", nil, nil),
        ] {
            let (route, effects) = transcript.receive(
                event,
                on: topic,
                joinReference: joinReference,
                reference: reference,
                status: event == "phx_reply" ? "ok" : nil
            )
            #expect(route != .deliver && route != .handled)
            #expect(effects == [])
        }
        #expect(transcript.table.isJoined("a"))
        #expect(transcript.table.outstanding.isEmpty)
        #expect(join == 1)
    }

    @Test("B4: messages of an earlier join are dropped, those without a join_ref are delivered")
    func staleMessages() throws {
        var transcript = Transcript()
        let first = try transcript.join("a")
        #expect(transcript.receive("tick", on: "a", joinReference: first) == (.deliver, []))
        _ = try transcript.send(.leave, "a")
        #expect(transcript.receive("tick", on: "a", joinReference: first) == (.drop(.left), []))
        let second = try transcript.send(.join, "a")
        #expect(transcript.receive("tick", on: "a", joinReference: first) == (.drop(.stale), []))
        #expect(transcript.receive("shout", on: "a") == (.drop(.notJoined), []), "meant for the earlier join")
        transcript.reply(second, on: "a", joinReference: second)
        #expect(transcript.receive("tick", on: "a", joinReference: first) == (.drop(.stale), []))
        #expect(transcript.receive("tick", on: "a", joinReference: second) == (.deliver, []))
        #expect(transcript.receive("shout", on: "a") == (.deliver, []))
    }

    @Test("a join_ref that is no number of ours is stale")
    func foreignJoinReference() throws {
        var transcript = Transcript()
        _ = try transcript.join("a")
        var effects: [ChannelEffect] = []
        let message = Message(joinReference: "abc", topic: "a", event: "tick", payload: .none)
        #expect(transcript.table.received(message, into: &effects) == .drop(.stale))
    }

    // MARK: Ends

    @Test("B7: a close ends every outstanding reference of its join exactly once, before it is reported")
    func closeEndsPushes() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let elsewhere = try transcript.join("b")
        let pushes = try (0..<3).map { _ in try transcript.send(.push, "a") }
        let other = try transcript.send(.push, "b")
        transcript.reply(pushes[1], on: "a", joinReference: join)
        let close = transcript.receive("phx_close", on: "a", joinReference: join, reference: join)
        #expect(
            close == (
                .handled,
                [
                    .ended("a", pushes[0], .channelClosed), .ended("a", pushes[2], .channelClosed),
                    .closed("a", join, .closed),
                ]
            )
        )
        #expect(transcript.reply(pushes[0], on: "a", joinReference: join) == (.drop(.unknownReference), []))
        #expect(
            transcript.reply(other, on: "b", joinReference: elsewhere) == (
                .handled, [.ended("b", other, .status("ok"))]
            )
        )
        #expect(transcript.time(1_000) == [])
    }

    @Test("B32: phx_error leaves the joined state, in V2 and in V1's form with and without a ref")
    func crash() throws {
        for (named, bare) in [(true, false), (false, false), (false, true)] {
            var transcript = Transcript()
            let join = try transcript.join("a")
            let push = try transcript.send(.push, "a")
            let (route, effects) = transcript.receive(
                "phx_error",
                on: "a",
                joinReference: named ? join : nil,
                reference: bare ? nil : join
            )
            #expect(route == .handled)
            #expect(effects == [.ended("a", push, .channelClosed), .closed("a", join, .crashed)])
            #expect(!transcript.table.isJoined("a"))
            #expect(throws: PhoenixError.self) { try transcript.send(.push, "a") }
        }
    }

    @Test("a lost connection ends everything in the order of the references, and closes no channel by name")
    func disconnectEndsAll() throws {
        var transcript = Transcript()
        _ = try transcript.join("a")
        let push = try transcript.send(.push, "a")
        let join = try transcript.send(.join, "b")
        let leave = try transcript.send(.leave, "a")
        #expect(
            transcript.disconnect() == [
                .ended("a", push, .disconnected), .joinFailed("b", join, .disconnected),
                .ended("a", leave, .disconnected),
            ]
        )
        #expect(transcript.disconnect() == [])
        #expect(transcript.table.channels.isEmpty && transcript.table.outstanding.isEmpty)
        #expect(transcript.table.nextDeadline == nil, "B17: no timer lives after a disconnect")
    }

    @Test("B6: after a reconnect, replies to the references of the old connection match nothing")
    func repliesAcrossConnections() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let push = try transcript.send(.push, "a")
        _ = transcript.disconnect()
        transcript.table.connected()
        let again = try transcript.join("a")
        #expect(again > push && push > join)
        #expect(transcript.reply(push, on: "a", joinReference: join) == (.drop(.unknownReference), []))
        #expect(transcript.receive("phx_close", on: "a", joinReference: join, reference: join) == (.drop(.stale), []))
        #expect(transcript.table.isJoined("a"))
    }

    @Test("a push that times out ends once, at its deadline")
    func pushTimeout() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let push = try transcript.send(.push, "a", at: 20, timeout: 3)
        #expect(transcript.time(22) == [])
        #expect(transcript.time(23) == [.ended("a", push, .timeout)])
        #expect(transcript.time(24) == [])
        #expect(transcript.reply(push, on: "a", joinReference: join) == (.drop(.unknownReference), []))
    }

    // MARK: Leaves

    @Test("a leave ends by its reply, then the channel closes; pushes before it end as left")
    func leave() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let push = try transcript.send(.push, "a")
        let leave = try transcript.send(.leave, "a")
        #expect(
            transcript.reply(leave, on: "a", joinReference: join)
                == (.handled, [.ended("a", push, .left), .ended("a", leave, .status("ok"))])
        )
        let close = transcript.receive("phx_close", on: "a", joinReference: join, reference: join)
        #expect(close == (.handled, [.closed("a", join, .left)]))
        #expect(transcript.time(100) == [])
    }

    @Test("a leave whose reply never comes ends by the close of its join")
    func leaveEndsByClose() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let leave = try transcript.send(.leave, "a")
        let close = transcript.receive("phx_close", on: "a", joinReference: join, reference: join)
        #expect(close == (.handled, [.ended("a", leave, .left), .closed("a", join, .left)]))
        #expect(transcript.reply(leave, on: "a", joinReference: join) == (.drop(.unknownReference), []))
    }

    @Test("a leave whose reply and close never come ends by its timeout, and closes the channel")
    func leaveTimeout() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let push = try transcript.send(.push, "a", timeout: 100)
        let leave = try transcript.send(.leave, "a", timeout: 5)
        #expect(
            transcript.time(5) == [.ended("a", push, .left), .ended("a", leave, .timeout), .closed("a", join, .left)]
        )
        #expect(transcript.table.channels.isEmpty)
    }

    @Test("a leave that is answered but never closed closes the channel at its deadline")
    func leaveAnsweredButNotClosed() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        let leave = try transcript.send(.leave, "a", timeout: 5)
        transcript.reply(leave, on: "a", joinReference: join)
        #expect(transcript.time(4) == [])
        #expect(transcript.time(5) == [.closed("a", join, .left)])
        #expect(transcript.time(50) == [])
    }

    @Test("a leave overtaken by a new join ends by the old close, the new reply or its timeout, whichever is first")
    func leaveOvertaken() throws {
        var transcript = Transcript()
        let first = try transcript.join("a")
        let leave = try transcript.send(.leave, "a", timeout: 5)
        let second = try transcript.send(.join, "a", timeout: 50)
        let close = transcript.receive("phx_close", on: "a", joinReference: first, reference: first)
        #expect(close == (.handled, [.ended("a", leave, .left)]), "the close of the old join is no news otherwise")
        transcript.reply(second, on: "a", joinReference: second)
        let leaveAgain = try transcript.send(.leave, "a", timeout: 5)
        let third = try transcript.send(.join, "a", timeout: 50)
        #expect(transcript.time(5) == [.ended("a", leaveAgain, .timeout)])
        #expect(transcript.reply(third, on: "a", joinReference: third) == (.handled, [.joined("a", third)]))
        let late = try transcript.send(.leave, "a", at: 10, timeout: 5)
        let fourth = try transcript.send(.join, "a", at: 10, timeout: 50)
        #expect(
            transcript.reply(late, on: "a", joinReference: third) == (.handled, [.ended("a", late, .status("ok"))])
        )
        #expect(transcript.reply(fourth, on: "a", joinReference: fourth) == (.handled, [.joined("a", fourth)]))
    }

    @Test("pushes of a channel that is left and joined again end as left at once")
    func pushesEndWhenJoinedAgain() throws {
        var transcript = Transcript()
        _ = try transcript.join("a")
        let push = try transcript.send(.push, "a")
        _ = try transcript.send(.leave, "a")
        #expect(transcript.consequences() == [])
        _ = try transcript.send(.join, "a")
        #expect(transcript.consequences() == [.ended("a", push, .left)])
    }

    @Test("B11: what happens to one channel leaves all others alone, joined or not")
    func identity() throws {
        var transcript = Transcript()
        let joins = try ["a", "b", "c"].map { try transcript.join($0) }
        let pending = try transcript.send(.join, "d")
        let denied = try transcript.send(.join, "e")
        transcript.reply(denied, on: "e", joinReference: nil, status: "error")
        _ = transcript.receive("phx_close", on: "b", joinReference: joins[1], reference: joins[1])
        _ = transcript.receive("phx_error", on: "c")
        #expect(transcript.table.channels.keys.sorted { $0.text < $1.text } == ["a", "d"])
        #expect(transcript.table.isJoined("a"))
        #expect(transcript.table.outstanding.keys.sorted() == [pending])
    }

    @Test("memory follows what is outstanding, not what was ever sent")
    func bookkeepingStaysSmall() throws {
        var transcript = Transcript()
        let join = try transcript.join("a")
        for _ in 0..<20_000 {
            let push = try transcript.send(.push, "a", timeout: 1_000_000)
            transcript.reply(push, on: "a", joinReference: join)
        }
        #expect(transcript.table.outstanding.isEmpty)
        #expect(transcript.table.deadlines.count < 200)
        #expect(transcript.table.channels["a"].map { $0.pushes.count < 200 && $0.livePushes == 0 } == true)
    }

    @Test("heartbeat replies go to the liveness, whatever their ref")
    func heartbeats() {
        var transcript = Transcript()
        #expect(transcript.reply(77, on: "phoenix", joinReference: nil) == (.heartbeat(77), []))
    }
}
