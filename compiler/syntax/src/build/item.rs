//! Items.

use super::{Builder, Chunk, Pair, inner, unquoted};
use crate::ast::*;
use crate::grammar::Rule;

impl<'a> Builder<'a> {
    /// An item of the rule `item`.
    pub(super) fn item(&mut self, pair: Pair<'a>) -> Item {
        let mut parts = inner(pair.clone());
        let doc = self.doc(&mut parts);
        let pair = parts.next().unwrap_or(pair);
        Item {
            doc,
            span: self.span(&pair),
            kind: self.item_kind(pair),
        }
    }

    fn item_kind(&mut self, pair: Pair<'a>) -> ItemKind {
        let rule = pair.as_rule();
        match rule {
            Rule::use_ => return ItemKind::Use(self.use_(pair)),
            Rule::const_ => return ItemKind::Const(self.const_(pair)),
            Rule::callable => return self.callable(pair),
            Rule::data => return ItemKind::Data(self.data(pair)),
            Rule::train => return ItemKind::Train(self.train(pair)),
            Rule::test => return ItemKind::Test(self.test(pair)),
            _ => {}
        }
        let mut parts = inner(pair);
        let name = self.name(&mut parts);
        let first = self.next_expr(&mut parts);
        match rule {
            Rule::group => ItemKind::Group { name, value: first },
            Rule::rep => ItemKind::Rep {
                name,
                of: first,
                value: self.next_expr(&mut parts),
            },
            Rule::setting => ItemKind::Setting {
                name,
                ty: first,
                value: self.next_expr(&mut parts),
            },
            _ => ItemKind::Trust {
                name,
                ty: first,
                value: self.next_expr(&mut parts),
            },
        }
    }

    fn use_(&mut self, pair: Pair<'a>) -> Use {
        let mut parts = inner(pair);
        let file = parts.next_if(Rule::string);
        let mut path = Vec::new();
        while let Some(segment) = parts.next_if(Rule::ident) {
            path.push(self.ident(segment));
        }
        let names = parts
            .next()
            .map(|names| inner(names).map(|name| self.ident(name)).collect::<Vec<_>>());
        match file {
            // `use "f.gdl"::conv` takes one name.
            Some(file) => {
                let names = names.or((!path.is_empty()).then_some(path));
                Use {
                    from: UseFrom::File {
                        path: unquoted(&file),
                        span: self.span(&file),
                    },
                    names,
                }
            }
            None => Use {
                from: UseFrom::Path(path),
                names,
            },
        }
    }

    /// `const NAME: TYPE = VALUE`.
    pub(super) fn const_(&mut self, pair: Pair<'a>) -> Const {
        let mut parts = inner(pair);
        let name = self.name(&mut parts);
        let ty = self.next_expr(&mut parts);
        Const {
            name,
            ty,
            value: self.next_expr(&mut parts),
        }
    }

    fn callable(&mut self, pair: Pair<'a>) -> ItemKind {
        let mut parts = inner(pair);
        let is_model = parts.next().is_some_and(|word| word.as_rule() == Rule::model);
        let name = self.name(&mut parts);
        let mut callable = Callable {
            name,
            under: None,
            params: Vec::new(),
            result: None,
            wheres: Vec::new(),
            body: Block::default(),
        };
        for part in parts {
            match part.as_rule() {
                Rule::under => callable.under = Some(self.under(part)),
                Rule::params => {
                    for param in inner(part) {
                        self.parameter(param, &mut callable.params);
                    }
                }
                Rule::result => callable.result = inner(part).nth(1).map(|ty| self.result(ty)),
                Rule::where_ => {
                    callable.wheres = self
                        .fields(part)
                        .into_iter()
                        .map(|(name, ty)| WhereClause { name, ty })
                        .collect();
                }
                _ => callable.body = self.block(part),
            }
        }
        if is_model {
            ItemKind::Model(callable)
        } else {
            ItemKind::Layer(callable)
        }
    }

    fn under(&mut self, pair: Pair<'a>) -> Under {
        let mut parts = inner(pair);
        let group = self.next_expr(&mut parts);
        let flags = parts.flat_map(inner).map(|flag| self.ident(flag)).collect();
        Under { group, flags }
    }

    /// `Q, K: T = d` becomes one parameter a name.
    fn parameter(&mut self, pair: Pair<'a>, params: &mut Vec<Param>) {
        let mut parts = inner(pair);
        let mut names = Vec::new();
        while let Some(name) = parts.next_if(Rule::ident) {
            names.push(self.ident(name));
        }
        let ty = self.next_expr(&mut parts);
        let default = parts.next().map(|default| self.expr(default));
        params.extend(names.into_iter().map(|name| Param {
            name,
            ty: ty.clone(),
            default: default.clone(),
        }));
    }

    /// The result after `->`.
    fn result(&mut self, pair: Pair<'a>) -> ResultTy {
        match pair.as_rule() {
            Rule::record => ResultTy::Record(self.fields(pair)),
            _ => ResultTy::Single(self.expr(pair)),
        }
    }

    fn fields(&mut self, pair: Pair<'a>) -> Vec<(Ident, Expr)> {
        inner(pair)
            .map(|field| {
                let mut parts = inner(field);
                (self.name(&mut parts), self.next_expr(&mut parts))
            })
            .collect()
    }

    fn data(&mut self, pair: Pair<'a>) -> Data {
        let mut parts = inner(pair);
        let name = self.name(&mut parts);
        let (path, path_span) = match parts.next_if(Rule::string) {
            Some(path) => (unquoted(&path), self.span(&path)),
            None => (String::new(), name.span),
        };
        let mut entries = Vec::new();
        for part in parts {
            if part.as_rule() == Rule::bad {
                self.bad(Chunk::Datum, &part);
                continue;
            }
            let mut parts = inner(part);
            self.doc(&mut parts);
            let name = self.name(&mut parts);
            let ty = parts.next_if(Rule::expr).map(|ty| self.expr(ty));
            let value = parts.next().map(|init| self.only_expr(init));
            entries.push(Datum { name, ty, value });
        }
        Data {
            name,
            path,
            path_span,
            entries,
        }
    }

    fn train(&mut self, pair: Pair<'a>) -> Train {
        let mut parts = inner(pair);
        let model = self.name(&mut parts);
        let data = self.name(&mut parts);
        let mut entries = Vec::new();
        for part in parts {
            if part.as_rule() == Rule::bad {
                self.bad(Chunk::Entry, &part);
                continue;
            }
            let mut parts = inner(part);
            self.doc(&mut parts);
            let kind = match (parts.next_if(Rule::loss), parts.next_if(Rule::metric)) {
                (Some(_), _) => EntryKind::Loss,
                (_, Some(_)) => EntryKind::Metric,
                _ => EntryKind::Option,
            };
            let name = self.name(&mut parts);
            entries.push(TrainEntry {
                kind,
                name,
                value: self.next_expr(&mut parts),
            });
        }
        Train { model, data, entries }
    }

    fn test(&mut self, pair: Pair<'a>) -> Test {
        let mut parts = inner(pair);
        let Some(title) = parts.next_if(Rule::string) else {
            return Test::Expr(self.next_expr(&mut parts));
        };
        let under = parts.next_if(Rule::under).map(|under| self.under(under));
        let rejects = parts.next_if(Rule::ident).map(|code| self.ident(code));
        let body = parts.next().map(|block| self.test_block(block)).unwrap_or_default();
        Test::Block {
            title: unquoted(&title),
            under,
            rejects,
            body,
        }
    }

    /// The parts of a test's block.
    pub(super) fn test_block(&mut self, pair: Pair<'a>) -> Vec<TestPart> {
        inner(pair).flat_map(|part| self.part(part)).collect()
    }

    /// An item or statement of a `test`, or one typed at a prompt.
    pub(super) fn part(&mut self, part: Pair<'a>) -> Vec<TestPart> {
        match part.as_rule() {
            Rule::bad => {
                self.bad(Chunk::Part, &part);
                Vec::new()
            }
            Rule::item => vec![TestPart::Item(self.item(part))],
            Rule::EOI => Vec::new(),
            _ => self.stmts(part).into_iter().map(TestPart::Stmt).collect(),
        }
    }
}
