//! Dims and maps of pairs.

use gdl_abi::{DimDef, Domains, DoorSizes, Instance, MapData, MapDef, MapParts};

/// Pairs of two ragged dims, their ends, and the left end of a square's pairs through a composition.
fn pairs() -> (Domains, DoorSizes) {
    let mut domains = Domains::default();
    let ragged = |name: &str| DimDef::Ragged { name: name.into() };
    let (left, right) = (domains.dim(ragged("a")), domains.dim(ragged("b")));
    let pairs = domains.dim(DimDef::Pairs { left, right });
    let to_left = domains.map(MapDef::Left(pairs));
    domains.map(MapDef::Right(pairs));
    let second = domains.map(MapDef::Sample(left));
    domains.map(MapDef::Compose { first: to_left, second });
    let ptr = |name: &str, ptr: &[u32]| (name.to_string(), ptr.to_vec());
    let door = DoorSizes {
        samples: 4,
        ragged: vec![ptr("a", &[0, 2, 2, 5, 6]), ptr("b", &[0, 3, 4, 4, 8])],
        ..DoorSizes::default()
    };
    (domains, door)
}

#[test]
fn lists_of_pairs_are_the_inverse_of_their_index() {
    let (domains, door) = pairs();
    let instance = Instance::new(&domains, &door).unwrap();
    assert_eq!(instance.rows, [4, 6, 8, 10]);
    for (k, data) in instance.maps.iter().enumerate() {
        let (_, to) = domains.ends(gdl_abi::MapId(k as u32));
        let rows = instance.rows[to.0 as usize];
        assert_eq!(*data, MapData::new(data.index.clone(), rows), "map {k}");
    }
}

#[test]
fn only_arrays_that_are_read_are_made() {
    let (mut domains, door) = pairs();
    let all = Instance::new(&domains, &door).unwrap();
    let ptr = MapParts {
        ptr: true,
        ..MapParts::default()
    };
    domains.parts = vec![ptr, ptr, MapParts::default(), MapParts::default()];
    let some = Instance::new(&domains, &door).unwrap();
    for k in 0..2 {
        assert!(some.maps[k].index.is_empty() && some.maps[k].order.is_empty());
        assert_eq!(some.maps[k].ptr, all.maps[k].ptr);
    }
    assert_eq!(some.maps[2..], [MapData::default(), MapData::default()]);
    // A composition needs the indices of its parts.
    domains.parts[3] = MapParts {
        index: true,
        ..MapParts::default()
    };
    let some = Instance::new(&domains, &door).unwrap();
    assert_eq!(some.maps[3].index, all.maps[3].index);
    assert_eq!(some.maps[0].index, all.maps[0].index);
}
