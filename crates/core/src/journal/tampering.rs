//! The chain against whatever can be done to its lines: no edit passes for a whole journal.

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::fakes::samples::sample_event;

fn key() -> ChainKey {
    ChainKey::new(Secret::new(vec![9; 32]))
}

fn chain(count: u8) -> Vec<JournalLine> {
    let mut previous = Link::start();
    (1..=count)
        .map(|n| {
            let phase = if n % 2 == 0 {
                Phase::Ended
            } else {
                Phase::Begun
            };
            let entry = EntryId::from_random([n.div_ceil(2); 16]);
            let event = sample_event(n, &entry, phase);
            let link = key().mac(&previous, &event);
            previous = link.clone();
            JournalLine {
                seq: u64::from(n),
                event,
                link,
            }
        })
        .collect()
}

fn head(lines: &[JournalLine]) -> Head {
    let last = lines.last().unwrap();
    Head {
        seq: last.seq,
        link: last.link.clone(),
    }
}

/// Changes one field of a line.
fn rewrite(line: &mut JournalLine, field: usize, text: &str) {
    let event = &mut line.event;
    let text = text.to_owned();
    let named = AccountThen {
        id: AccountId::from_random([77; 16]),
        label: text.clone(),
    };
    match field {
        0 => event.entry = EntryId::from_random([77; 16]),
        1 => event.push = PushId::from_random([77; 16]),
        2 => event.at.0 += 1,
        3 => event.person = text,
        4 => {
            event.phase = match event.phase {
                Phase::Begun => Phase::Ended,
                Phase::Ended => Phase::Begun,
            }
        }
        5 => event.action = Action::Undo,
        6 => event.instance = InstanceId::from_random([77; 16]),
        7 => event.instance_name = text,
        8 => event.account = event.account.is_none().then_some(named),
        9 => event.account = Some(named),
        10 => event.changes.clear(),
        11 => event.changes[0].path = text,
        12 => event.changes[0].from.0 = text,
        13 => event.changes[0].to.1 = text,
        14 => event.outcome = Some(text),
        15 => event.outcome = None,
        16 => event.error = Some(("code".to_owned(), text)),
        _ => line.link = Link::start(),
    }
}

/// Something somebody does to the rows.
#[derive(Clone, Debug)]
enum Edit {
    Rewrite(Index, usize, String),
    Remove(Index),
    RemoveAndRenumber(Index),
    Swap(Index, Index),
    Repeat(Index),
    CutTo(Index),
    Forge(String),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let one = prop_oneof![
        (at(), 0..18_usize, ".{0,8}").prop_map(|(at, field, text)| Edit::Rewrite(at, field, text)),
        at().prop_map(Edit::Remove),
        at().prop_map(Edit::RemoveAndRenumber),
        (at(), at()).prop_map(|(one, two)| Edit::Swap(one, two)),
        at().prop_map(Edit::Repeat),
        at().prop_map(Edit::CutTo),
        ".{0,8}".prop_map(Edit::Forge),
    ];
    proptest::collection::vec(one, 1..4)
}

fn apply(lines: &mut Vec<JournalLine>, edit: &Edit) {
    if lines.is_empty() {
        return;
    }
    let count = lines.len();
    match edit {
        Edit::Rewrite(at, field, text) => rewrite_safely(&mut lines[at.index(count)], *field, text),
        Edit::Remove(at) => drop(lines.remove(at.index(count))),
        Edit::RemoveAndRenumber(at) => {
            drop(lines.remove(at.index(count)));
            for (place, line) in lines.iter_mut().enumerate() {
                line.seq = place as u64 + 1;
            }
        }
        Edit::Swap(one, two) => {
            let (one, two) = (one.index(count), two.index(count));
            let seqs = (lines[one].seq, lines[two].seq);
            lines.swap(one, two);
            (lines[one].seq, lines[two].seq) = seqs;
        }
        Edit::Repeat(at) => {
            let mut again = lines[at.index(count)].clone();
            again.seq = count as u64 + 1;
            lines.push(again);
        }
        Edit::CutTo(at) => lines.truncate(at.index(count)),
        Edit::Forge(person) => {
            let mut forged = lines[count - 1].clone();
            forged.seq = count as u64 + 1;
            forged.event.person.clone_from(person);
            // Somebody without the key has to take some other one.
            let other = ChainKey::new(Secret::new(vec![8; 32]));
            forged.link = other.mac(&lines[count - 1].link, &forged.event);
            lines.push(forged);
        }
    }
}

/// An edit before may have taken the changes away that this one is about.
fn rewrite_safely(line: &mut JournalLine, field: usize, text: &str) {
    if !line.event.changes.is_empty() || !(11..=13).contains(&field) {
        rewrite(line, field, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_done_to_the_lines_is_seen(count in 1..9_u8, edits in edits()) {
        let written = chain(count);
        let remembered = head(&written);
        let mut lines = written.clone();
        for edit in &edits {
            apply(&mut lines, edit);
        }
        let told = verify(&lines, &key(), Some(&remembered));
        let whole = matches!(told, JournalCheck::Good { .. });
        prop_assert_eq!(whole, lines == written, "{:?} after {:?}", told, edits);
    }

    #[test]
    fn one_edit_is_called_what_it_is(count in 2..9_u8, at in any::<Index>(), field in 0..18_usize, text in ".{0,8}") {
        let written = chain(count);
        let remembered = head(&written);
        let place = at.index(written.len());
        let seq = place as u64 + 1;

        let mut changed = written.clone();
        rewrite(&mut changed[place], field, &text);
        if changed != written {
            let told = verify(&changed, &key(), Some(&remembered));
            prop_assert_eq!(told, JournalCheck::Changed { seq });
        }

        let mut removed = written.clone();
        removed.remove(place);
        let told = verify(&removed, &key(), Some(&remembered));
        if seq == u64::from(count) {
            let lines = seq - 1;
            prop_assert_eq!(told, JournalCheck::CutShort { lines, expected: seq });
        } else {
            prop_assert_eq!(told, JournalCheck::Removed { seq });
        }

        let cut = &written[..place];
        let expected = u64::from(count);
        let told = verify(cut, &key(), Some(&remembered));
        prop_assert_eq!(told, JournalCheck::CutShort { lines: seq - 1, expected });
    }
}
