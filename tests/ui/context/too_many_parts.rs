// A context has at most 63 parts.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part)]
    p0: [u8; 0],
    #[context(part)]
    p1: [u8; 1],
    #[context(part)]
    p2: [u8; 2],
    #[context(part)]
    p3: [u8; 3],
    #[context(part)]
    p4: [u8; 4],
    #[context(part)]
    p5: [u8; 5],
    #[context(part)]
    p6: [u8; 6],
    #[context(part)]
    p7: [u8; 7],
    #[context(part)]
    p8: [u8; 8],
    #[context(part)]
    p9: [u8; 9],
    #[context(part)]
    p10: [u8; 10],
    #[context(part)]
    p11: [u8; 11],
    #[context(part)]
    p12: [u8; 12],
    #[context(part)]
    p13: [u8; 13],
    #[context(part)]
    p14: [u8; 14],
    #[context(part)]
    p15: [u8; 15],
    #[context(part)]
    p16: [u8; 16],
    #[context(part)]
    p17: [u8; 17],
    #[context(part)]
    p18: [u8; 18],
    #[context(part)]
    p19: [u8; 19],
    #[context(part)]
    p20: [u8; 20],
    #[context(part)]
    p21: [u8; 21],
    #[context(part)]
    p22: [u8; 22],
    #[context(part)]
    p23: [u8; 23],
    #[context(part)]
    p24: [u8; 24],
    #[context(part)]
    p25: [u8; 25],
    #[context(part)]
    p26: [u8; 26],
    #[context(part)]
    p27: [u8; 27],
    #[context(part)]
    p28: [u8; 28],
    #[context(part)]
    p29: [u8; 29],
    #[context(part)]
    p30: [u8; 30],
    #[context(part)]
    p31: [u8; 31],
    #[context(part)]
    p32: [u8; 32],
    #[context(part)]
    p33: [u8; 33],
    #[context(part)]
    p34: [u8; 34],
    #[context(part)]
    p35: [u8; 35],
    #[context(part)]
    p36: [u8; 36],
    #[context(part)]
    p37: [u8; 37],
    #[context(part)]
    p38: [u8; 38],
    #[context(part)]
    p39: [u8; 39],
    #[context(part)]
    p40: [u8; 40],
    #[context(part)]
    p41: [u8; 41],
    #[context(part)]
    p42: [u8; 42],
    #[context(part)]
    p43: [u8; 43],
    #[context(part)]
    p44: [u8; 44],
    #[context(part)]
    p45: [u8; 45],
    #[context(part)]
    p46: [u8; 46],
    #[context(part)]
    p47: [u8; 47],
    #[context(part)]
    p48: [u8; 48],
    #[context(part)]
    p49: [u8; 49],
    #[context(part)]
    p50: [u8; 50],
    #[context(part)]
    p51: [u8; 51],
    #[context(part)]
    p52: [u8; 52],
    #[context(part)]
    p53: [u8; 53],
    #[context(part)]
    p54: [u8; 54],
    #[context(part)]
    p55: [u8; 55],
    #[context(part)]
    p56: [u8; 56],
    #[context(part)]
    p57: [u8; 57],
    #[context(part)]
    p58: [u8; 58],
    #[context(part)]
    p59: [u8; 59],
    #[context(part)]
    p60: [u8; 60],
    #[context(part)]
    p61: [u8; 61],
    #[context(part)]
    p62: [u8; 62],
    #[context(part)]
    p63: [u8; 63],
}

fn main() {}
