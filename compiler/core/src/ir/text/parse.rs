//! Programs from text.

use crate::ir::{Body, Cmp, Constant, Fold, Func, Node, Op, Scalar, Scan, Shape, Value};
use gdl_abi::{ArrayDecl, DimDef, DimId, Domains, Dtype, MapDef, MapId};
use gdl_rep::Exact;
use std::str::FromStr;

/// Loops may be nested this deep.
const MAX_DEPTH: usize = 32;

/// Reads a program. It is not verified: see [`crate::ir::verify`].
///
/// # Errors
/// What is wrong, with the number of the line.
pub fn parse(text: &str) -> Result<Func, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    parser.func().map_err(|e| format!("line {}: {e}", parser.line()))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// Tokens with the numbers of their lines. Commas are blanks; `#` begins a comment.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let mut out = Vec::new();
    for (k, line) in text.lines().enumerate() {
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let token = match c {
                '#' => break,
                c if c.is_whitespace() || c == ',' => continue,
                '[' | ']' | '{' | '}' | '=' | ':' => Token::Mark(c),
                '"' => {
                    let mut name = String::new();
                    loop {
                        match rest.next() {
                            Some('"') => break Token::Text(name),
                            Some('\\') => match rest.next() {
                                Some('n') => name.push('\n'),
                                Some(c) => name.push(c),
                                None => {}
                            },
                            Some(c) => name.push(c),
                            None => return Err(format!("line {}: the name \"{name} has no end", k + 1)),
                        }
                    }
                }
                c => {
                    let mut word = String::from(c);
                    while let Some(c) = rest.next_if(|&c| !c.is_whitespace() && !"[]{}=:,\"#".contains(c)) {
                        word.push(c);
                    }
                    Token::Word(word)
                }
            };
            out.push((token, k + 1));
        }
    }
    Ok(out)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
}

impl Parser {
    /// The line of the last token that was read.
    fn line(&self) -> usize {
        let last = self.at.saturating_sub(1).min(self.tokens.len().saturating_sub(1));
        self.tokens.get(last).map_or(1, |t| t.1)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.0)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned().ok_or("the text ends too early")?;
        self.at += 1;
        Ok(token)
    }

    /// Reads this mark if it comes next.
    fn has_mark(&mut self, c: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(c));
        self.at += usize::from(found);
        found
    }

    /// Reads this word if it comes next.
    fn has_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn mark(&mut self, c: char) -> Result<(), String> {
        match self.next()? {
            Token::Mark(d) if d == c => Ok(()),
            other => Err(format!("`{c}` should be here, not {}", describe(&other))),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), String> {
        match self.next()? {
            Token::Word(w) if w == word => Ok(()),
            other => Err(format!("`{word}` should be here, not {}", describe(&other))),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(w) => Ok(w),
            other => Err(format!("a word should be here, not {}", describe(&other))),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Text(t) => Ok(t),
            other => Err(format!(
                "a name in quotation marks should be here, not {}",
                describe(&other)
            )),
        }
    }

    fn int<T: FromStr>(&mut self) -> Result<T, String> {
        let word = self.word()?;
        word.parse()
            .map_err(|_| format!("`{word}` is not a number that fits here"))
    }

    /// A number after a prefix: `%3`, `d1`, `m0`.
    fn index(&mut self, prefix: char, what: &str) -> Result<u32, String> {
        let word = self.word()?;
        let k = word.strip_prefix(prefix).and_then(|k| k.parse().ok());
        k.ok_or_else(|| format!("`{word}` is not {what}, such as `{prefix}0`"))
    }

    fn value(&mut self) -> Result<Value, String> {
        self.index('%', "a value").map(Value)
    }

    fn dim(&mut self) -> Result<DimId, String> {
        self.index('d', "a dim").map(DimId)
    }

    fn map(&mut self) -> Result<MapId, String> {
        self.index('m', "a map").map(MapId)
    }

    /// Items in square brackets.
    fn list<T>(&mut self, item: impl Fn(&mut Parser) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.mark('[')?;
        let mut out = Vec::new();
        while !self.has_mark(']') {
            out.push(item(self)?);
        }
        Ok(out)
    }

    fn shape(&mut self) -> Result<Shape, String> {
        self.mark('[')?;
        let dim = match self.peek() {
            Some(Token::Word(w)) if w.starts_with('d') => Some(self.dim()?),
            _ => None,
        };
        let mut axes = Vec::new();
        while !self.has_mark(']') {
            axes.push(self.int()?);
        }
        Ok(Shape { dim, axes })
    }

    fn func(&mut self) -> Result<Func, String> {
        self.keyword("func")?;
        let mut func = Func {
            name: self.text()?,
            ..Func::default()
        };
        func.domains = Domains {
            dims: Vec::new(),
            ..Domains::default()
        };
        while self.has_word("dim") {
            let k = self.dim()?;
            in_order(k.0, func.domains.dims.len(), "dims")?;
            let def = self.dim_def()?;
            func.domains.dims.push(def);
        }
        while self.has_word("map") {
            let k = self.map()?;
            in_order(k.0, func.domains.maps.len(), "maps")?;
            let def = self.map_def()?;
            func.domains.maps.push(def);
        }
        while self.has_word("input") {
            func.inputs.push(self.decl()?);
        }
        while self.has_word("param") {
            func.params.push(self.decl()?);
        }
        func.body.nodes = self.nodes(0)?;
        self.keyword("return")?;
        while self.peek().is_some() {
            func.outputs.push(self.text()?);
            func.body.results.push(self.value()?);
        }
        Ok(func)
    }

    fn decl(&mut self) -> Result<ArrayDecl, String> {
        let name = self.text()?;
        let Shape { dim, axes } = self.shape()?;
        let dtype = if self.has_word("class") {
            Dtype::Class(self.int()?)
        } else {
            Dtype::Real
        };
        Ok(ArrayDecl { name, dim, axes, dtype })
    }

    fn dim_def(&mut self) -> Result<DimDef, String> {
        let word = self.word()?;
        Ok(match word.as_str() {
            "samples" => DimDef::Samples,
            "ragged" => DimDef::Ragged { name: self.text()? },
            "grid" => DimDef::Grid {
                name: self.text()?,
                rank: self.int()?,
            },
            "coarse" => {
                let of = self.dim()?;
                self.keyword("size")?;
                let size = self.int()?;
                self.keyword("stride")?;
                let stride = self.int()?;
                self.keyword("pad")?;
                DimDef::Coarse {
                    of,
                    size,
                    stride,
                    pad: self.int()?,
                }
            }
            "pairs" => DimDef::Pairs {
                left: self.dim()?,
                right: self.dim()?,
            },
            "stacked" => DimDef::Stacked {
                time: self.dim()?,
                of: self.dim()?,
            },
            "rounds" => {
                let fixed = self.int()?;
                let like = if self.has_word("like") { Some(self.dim()?) } else { None };
                DimDef::Rounds { like, fixed }
            }
            "chosen" => {
                let of = self.dim()?;
                self.keyword("each")?;
                let each = self.dim()?;
                let k = if self.has_word("first") {
                    Some(self.int()?)
                } else {
                    None
                };
                DimDef::Chosen {
                    of,
                    each,
                    k,
                    others: self.has_word("others"),
                }
            }
            _ => return Err(format!("there are no dims of kind `{word}`")),
        })
    }

    fn map_def(&mut self) -> Result<MapDef, String> {
        let word = self.word()?;
        Ok(match word.as_str() {
            "sample" => MapDef::Sample(self.dim()?),
            "given" => {
                let (name, from, to) = (self.text()?, self.dim()?, self.dim()?);
                MapDef::Given {
                    name,
                    from,
                    to,
                    sorted: self.has_word("sorted"),
                }
            }
            "left" => MapDef::Left(self.dim()?),
            "right" => MapDef::Right(self.dim()?),
            "compose" => MapDef::Compose {
                first: self.map()?,
                second: self.map()?,
            },
            "pair" => MapDef::Pair {
                pairs: self.dim()?,
                left: self.map()?,
                right: self.map()?,
            },
            "unstack" => MapDef::Unstack(self.dim()?),
            "step" => MapDef::ToStep {
                time: self.dim()?,
                stacked: self.dim()?,
            },
            "chooser" => MapDef::Chooser(self.dim()?),
            "shift" => MapDef::Shift {
                of: self.dim()?,
                by: self.int()?,
            },
            _ => return Err(format!("there are no maps of kind `{word}`")),
        })
    }

    fn nodes(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        if depth > MAX_DEPTH {
            return Err("loops are nested too deep".into());
        }
        let mut nodes = Vec::new();
        while matches!(self.peek(), Some(Token::Word(w)) if w.starts_with('%')) {
            let k = self.value()?;
            in_order(k.0, nodes.len(), "values")?;
            self.mark('=')?;
            let (op, shape) = self.node(depth)?;
            let has_origin = matches!(self.peek(), Some(Token::Word(w)) if w.starts_with('@'));
            let origin = if has_origin {
                self.index('@', "an origin")?
            } else {
                u32::MAX
            };
            nodes.push(Node { op, shape, origin });
        }
        Ok(nodes)
    }

    fn node(&mut self, depth: usize) -> Result<(Op, Shape), String> {
        let word = self.word()?;
        if let Some(reverse) = ["scan", "scan_reverse"].iter().position(|w| *w == word) {
            return Ok((Op::Scan(Box::new(self.scan(reverse == 1, depth)?)), Shape::default()));
        }
        let mut op = self.op(&word)?;
        self.mark(':')?;
        let shape = self.shape()?;
        if let Op::Const(c) = &mut op {
            c.axes.clone_from(&shape.axes);
        }
        Ok((op, shape))
    }

    /// An operator other than a loop. Constants get their axes from the shape that follows.
    fn op(&mut self, word: &str) -> Result<Op, String> {
        Ok(match word {
            "input" => Op::Input(self.int()?),
            "param" => Op::Param(self.int()?),
            "arg" => Op::Arg(self.int()?),
            "const" => Op::Const(Constant {
                axes: Vec::new(),
                data: self.list(Parser::number)?,
            }),
            "fill" => Op::Fill(self.number()?),
            "powi" => Op::Map {
                f: Scalar::PowI(self.int()?),
                args: vec![self.value()?],
            },
            "broadcast" => Op::Broadcast {
                x: self.value()?,
                axes: self.list(Parser::int)?,
            },
            "reshape" => Op::Reshape { x: self.value()? },
            "slice" => {
                let (x, axis) = (self.value()?, self.axis()?);
                self.keyword("from")?;
                let start = self.int()?;
                self.keyword("len")?;
                Op::Slice {
                    x,
                    axis,
                    start,
                    len: self.int()?,
                }
            }
            "concat" => Op::Concat {
                xs: self.list(Parser::value)?,
                axis: self.axis()?,
            },
            "contract" => {
                let (a, a_axes) = (self.value()?, self.list(Parser::letter)?);
                let (b, b_axes) = (self.value()?, self.list(Parser::letter)?);
                Op::Contract {
                    a,
                    b,
                    a_axes,
                    b_axes,
                    out_axes: self.list(Parser::letter)?,
                }
            }
            "reduce" => Op::Reduce {
                op: self.named(&Fold::NAMED)?,
                x: self.value()?,
                axis: self.axis()?,
            },
            "gather" => Op::Gather {
                x: self.value()?,
                map: self.map()?,
            },
            "segment" => Op::Segment {
                op: self.named(&Fold::NAMED)?,
                x: self.value()?,
                map: self.map()?,
            },
            "choose" => Op::Choose {
                key: self.value()?,
                chosen: self.dim()?,
            },
            "take" => Op::Take {
                x: self.value()?,
                at: self.value()?,
            },
            "put" => Op::Put {
                x: self.value()?,
                at: self.value()?,
            },
            "total" => Op::Total { x: self.value()? },
            "window" | "window_adjoint" => {
                let x = self.value()?;
                let offsets = self.list(|p| p.list(Parser::int))?;
                self.keyword("stride")?;
                let stride = self.int()?;
                let wrap = self.named(&[(true, "wrap"), (false, "zero")])?;
                let (fine, coarse) = (self.dim()?, self.dim()?);
                Op::Window {
                    x,
                    offsets,
                    stride,
                    wrap,
                    transpose: word == "window_adjoint",
                    fine,
                    coarse,
                }
            }
            "compare" => Op::Compare {
                op: self.named(&Cmp::NAMED)?,
                a: self.row_or_map()?,
                b: self.row_or_map()?,
            },
            "position" => Op::Position,
            "proj" => Op::Proj {
                scan: self.value()?,
                k: self.int()?,
            },
            "detach" => Op::Detach { x: self.value()? },
            _ => {
                let named = Scalar::NAMED.iter().find(|(_, name)| *name == word);
                let (f, _) = named.ok_or_else(|| format!("there is no operator `{word}`"))?;
                let args = (0..f.arity()).map(|_| self.value()).collect::<Result<_, _>>()?;
                Op::Map { f: *f, args }
            }
        })
    }

    fn scan(&mut self, reverse: bool, depth: usize) -> Result<Scan, String> {
        let time = self.dim()?;
        self.keyword("init")?;
        let init = self.list(Parser::value)?;
        self.keyword("xs")?;
        let xs = self.list(Parser::value)?;
        self.keyword("captures")?;
        let captures = self.list(Parser::value)?;
        self.mark('{')?;
        let nodes = self.nodes(depth + 1)?;
        self.keyword("return")?;
        let mut results = Vec::new();
        while !self.has_mark('}') {
            results.push(self.value()?);
        }
        Ok(Scan {
            time,
            reverse,
            init,
            xs,
            captures,
            body: Body { nodes, results },
        })
    }

    fn axis(&mut self) -> Result<u32, String> {
        self.keyword("axis")?;
        self.int()
    }

    fn named<T: Copy>(&mut self, names: &[(T, &str)]) -> Result<T, String> {
        let word = self.word()?;
        let found = names.iter().find(|(_, name)| *name == word);
        found.map(|(x, _)| *x).ok_or_else(|| {
            let all: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
            format!("`{word}` is none of {}", all.join(", "))
        })
    }

    fn row_or_map(&mut self) -> Result<Option<MapId>, String> {
        if self.has_word("row") {
            Ok(None)
        } else {
            self.map().map(Some)
        }
    }

    fn letter(&mut self) -> Result<u8, String> {
        let word = self.word()?;
        match word.as_bytes() {
            [l] if l.is_ascii_alphabetic() => Ok(*l),
            _ => word.parse().map_err(|_| format!("`{word}` is not a letter")),
        }
    }

    fn number(&mut self) -> Result<Exact, String> {
        let word = self.word()?;
        let wrong = || format!("`{word}` is not a number");
        if let Some((n, d)) = word.split_once('/') {
            let (n, d) = (n.parse().map_err(|_| wrong())?, d.parse().map_err(|_| wrong())?);
            return if d == 0 { Err(wrong()) } else { Ok(Exact::ratio(n, d)) };
        }
        if let Some((f, r)) = word.split_once('~') {
            let f = f.parse().map_err(|_| wrong())?;
            let r = if r.is_empty() {
                None
            } else {
                Some(r.parse().map_err(|_| wrong())?)
            };
            if r.is_some_and(|r| r >= gdl_rep::exact::PRIME) {
                return Err(wrong());
            }
            return Ok(Exact { f, r });
        }
        word.parse().map(Exact::float).map_err(|_| wrong())
    }
}

fn in_order(k: u32, len: usize, what: &str) -> Result<(), String> {
    if k as usize == len {
        return Ok(());
    }
    Err(format!("{what} are numbered in order: {len} should come here, not {k}"))
}

fn describe(token: &Token) -> String {
    match token {
        Token::Word(w) => format!("`{w}`"),
        Token::Text(t) => format!("\"{t}\""),
        Token::Mark(c) => format!("`{c}`"),
    }
}
