import Foundation
import Testing

/// Small images of every kind that we read, with the CRC-32 of their pixels after Pillow 13.0's `convert("RGB")`, and
/// after `convert("L")`.
struct ImageFixture: Sendable, CustomTestStringConvertible {
    var name: String
    var width: Int
    var height: Int
    var rgbChecksum: UInt32
    var lumaChecksum: UInt32
    var base64: String

    var bytes: [UInt8] { Array(Data(base64Encoded: base64)!) }
    var testDescription: String { name }
}

extension ImageFixture {
    static let all: [ImageFixture] = [
        ImageFixture(
            name: "gray 8 bits", width: 7, height: 5, rgbChecksum: 1161020588, lumaChecksum: 120636236,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAAAAACs8akEAAAAMUlEQVR42mPoXjl1T1K8E8Nq15km1wvUGO72x/1UPO7BUNW66IP8"
                + "pEAGOfnehdkeyQBf4RC6hh/XNgAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "gray 1 bits", width: 7, height: 5, rgbChecksum: 1283582769, lumaChecksum: 1712472614,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAQAAAACh4ct1AAAAEklEQVR42mMIYPBhWMewgMEHAAqAAjcbvv1+AAAAAElFTkSuQmCC"),
        ImageFixture(
            name: "gray 2 bits", width: 7, height: 5, rgbChecksum: 2670213155, lumaChecksum: 2367712637,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFAgAAAADmQbGlAAAAF0lEQVR42mNQLGBYfIdhnweDTQND3QIAI9YE8dth2zkAAAAASUVO"
                + "RK5CYII="),
        ImageFixture(
            name: "gray 4 bits", width: 7, height: 5, rgbChecksum: 3181528539, lumaChecksum: 3018408846,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFBAAAAABpAUQFAAAAIklEQVR42mPIT7ZmYPg3/UQBQ/gB7gCGAw/zBRhWJ7ZdAABzignP"
                + "0bUSLAAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "gray and alpha", width: 7, height: 5, rgbChecksum: 1161020588, lumaChecksum: 120636236,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAQAAAAjkz5TAAAAVklEQVR42gFLALT/AItKqUGVarzNYvlfVkInAKstRVGZsjQn1zJw"
                + "rCYRAN0GjwZeGfm9ITnHlUjcAHqIhVKi5vA+HyKSxVGFAB73HxONiKEAayNIG2MNnxceC6+kCWUAAAAASUVORK5CYII="),
        ImageFixture(
            name: "RGB", width: 7, height: 5, rgbChecksum: 4145628490, lumaChecksum: 1633380610,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAAeUlEQVR42gFuAJH/AItK5alBBpVqJrzNr2L5Cl9Wk0InagCrLadF"
                + "UTeZstc0J/rXMqFwrKEmEVkA3QbyjwY8Xhmm+b0MITl8x5XKSNwDAHqIk4VSc6LmRvA+Lx8iP5LFjlGF8AAe92cfEyqNiCGhALJr"
                + "I2tIG9ljDcNboS7oW4ieMAAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "RGB with a transparent color", width: 7, height: 5, rgbChecksum: 4145628490,
            lumaChecksum: 1633380610,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAABnRSTlMAiwBKAOUF/ZjzAAAAeUlEQVR42gFuAJH/AItK5alBBpVq"
                + "JrzNr2L5Cl9Wk0InagCrLadFUTeZstc0J/rXMqFwrKEmEVkA3QbyjwY8Xhmm+b0MITl8x5XKSNwDAHqIk4VSc6LmRvA+Lx8iP5LF"
                + "jlGF8AAe92cfEyqNiCGhALJrI2tIG9ljDcNboS7oW4ieMAAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "RGB with gamma 1.0", width: 7, height: 5, rgbChecksum: 4145628490, lumaChecksum: 1633380610,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAAG+GGPAAAABGdBTUEAAYagMeiWXwAAAHlJREFUeNoBbgCR/wCLSuWpQQaVaia8"
                + "za9i+QpfVpNCJ2oAqy2nRVE3mbLXNCf61zKhcKyhJhFZAN0G8o8GPF4Zpvm9DCE5fMeVykjcAwB6iJOFUnOi5kbwPi8fIj+SxY5R"
                + "hfAAHvdnHxMqjYghoQCyayNrSBvZYw3DW6Eu6FuInjAAAAAASUVORK5CYII="),
        ImageFixture(
            name: "RGBA", width: 7, height: 5, rgbChecksum: 4145628490, lumaChecksum: 1633380610,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAYAAACJmvbYAAAAnElEQVR42gGRAG7/AItK5fGpQQaglWomr7zNr+Vi+QqUX1aTxkIn"
                + "atUAqy2nOUVRNw6ZstdMNCf6SNcyod9wrKHpJhFZAQDdBvJ/jwY80l4ZpiH5vQzMITl8HseVyndI3APRAHqIk02FUnNXouZGR/A+"
                + "L7gfIj9BksWO/VGF8HEAHvdneh8TKoGNiCGVoQCyjWsja4JIG9n+Yw3DzijBQkGRaX7bAAAAAElFTkSuQmCC"),
        ImageFixture(
            name: "gray and alpha 16 bits", width: 7, height: 5, rgbChecksum: 1123644369, lumaChecksum: 3615027172,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAQAAABzA+IQAAAAnElEQVR42gGRAG7/AOQ7yusjUp9HfgP9LHiJNx6n5SkDZT+cz8iP"
                + "Cz8AV74JIsD0g89HL3dZgdbqy/jIoRQ2zoOdGPN/MwAjTz9d7ukDBERUMUEEXrEp9lYzWu6AXpm6LwD0AAIN1H7C6yeKY1VEgXKy"
                + "4V2miIKB1qrY3oEWo8QAs2i95EGHF2xmx4qIXHyB/Rju3xDNJlx7l02ZItQAQ9DkLFVwAAAAAElFTkSuQmCC"),
        ImageFixture(
            name: "RGB 16 bits", width: 7, height: 5, rgbChecksum: 2341708242, lumaChecksum: 3787579661,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAIAAABWaL3MAAAA4klEQVR42gHXACj/AOQ7yusvtyNSn0d5bn4D/Szh6XiJNx6lIafl"
                + "KQPLbWU/nM/cG8iPCz+0CwBXvgkiHYXA9IPPQ/5HL3dZVYmB1urLeXH4yKEUcjQ2zoOdRYUY838zzQgAI08/XbyD7ukDBJunRFQx"
                + "QZN8BF6xKX6f9lYzWuci7oBemQ0/ui8A9DppAAIN1H6L5cLrJ4pDHWNVRIFm63Ky4V3mH6aIgoGXhtaq2N5uEYEWo8T+dACzaL3k"
                + "K8lBhxdskOxmx4qIuLRcfIH9GxIY7t8QFtXNJlx7yDCXTZkix+hDNmZ/2KuiaQAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "RGBA 16 bits", width: 7, height: 5, rgbChecksum: 2341708242, lumaChecksum: 3787579661,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFEAYAAADZCiqbAAABKElEQVR42gEdAeL+AOQ7yusvt7NFI1KfR3luV01+A/0s4el3WniJ"
                + "Nx6lIdhXp+UpA8tt24FlP5zP3BsdXciPCz+0C3HbAFe+CSIdhSQ9wPSDz0P++GNHL3dZVYnO9oHW6st5cdLO+MihFHI0cP82zoOd"
                + "RYVEKhjzfzPNCGEeACNPP128g/5F7ukDBJunGOFEVDFBk3z4EQResSl+n+HA9lYzWuciuJHugF6ZDT99MLovAPQ6aZ4XAAIN1H6L"
                + "5annwusnikMdiKdjVUSBZuv3A3Ky4V3mHy+spoiCgZeG8JPWqtjebhG1OoEWo8T+dArHALNoveQryXk4QYcXbJDsPpZmx4qIuLS6"
                + "Dlx8gf0bEpzqGO7fEBbVr5/NJlx7yDCkq5dNmSLH6Bu0UN6LYOua0fcAAAAASUVORK5CYII="),
        ImageFixture(
            name: "palette 8 bits", width: 7, height: 5, rgbChecksum: 4215285721, lumaChecksum: 3299456413,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAMAAAC+RAbqAAAAMFBMVEVB26mutTAeWCS32w5QTx2XBoaTR2jwBa8NWiPdtGX8Wkib"
                + "Q+duo+OElpvkh6RA58MpUP5AAAAAKklEQVR42gXBAQIAIAQDwFFCYv//bXeotKdUlOV2HDQnxQPXFFTBsKVifRUiAQokueCaAAAA"
                + "AElFTkSuQmCC"),
        ImageFixture(
            name: "palette 4 bits, transparent", width: 7, height: 5, rgbChecksum: 1537151995, lumaChecksum: 1605682712,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFBAMAAAB7tOvrAAAAMFBMVEVB26mutTAeWCS32w5QTx2XBoaTR2jwBa8NWiPdtGX8Wkib"
                + "Q+duo+OElpvkh6RA58MpUP5AAAAAA3RSTlMAgP/s97MYAAAAIklEQVR42mM49ynPgYHz9CkFhmt3P1xgWH6+cQODsfFTAQCYkAui"
                + "zX/f/wAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "RGB interlaced", width: 7, height: 5, rgbChecksum: 4145628490, lumaChecksum: 1633380610,
            base64:
                "iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAIAAAFx/1EZAAAAf0lEQVR42gF0AIv/AItK5QBi+QoAHvdnayNrAJVqJkInagCNiCFj"
                + "DcMA3QbyXhmmITl8SNwDAKlBBrzNr19WkwCPBjz5vQzHlcoAHxMqoQCySBvZAKstp0VRN5my1zQn+tcyoXCsoSYRWQB6iJOFUnOi"
                + "5kbwPi8fIj+SxY5RhfAQAC7og0qHrAAAAABJRU5ErkJggg=="),
        ImageFixture(
            name: "JPEG 4:2:0", width: 17, height: 13, rgbChecksum: 2304491973, lumaChecksum: 3639060602,
            base64:
                "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO"
                + "UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
                + "T09PT09PT0//wAARCAANABEDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABQYA/8QAIhAAAQQCAAcBAAAAAAAAAAAAAQAC"
                + "BBEDBRQVISJRUpGh/8QAFgEBAQEAAAAAAAAAAAAAAAAABAMG/8QAHxEAAgEEAgMAAAAAAAAAAAAAAQIAAwURFRJRkcHR/9oADAMB"
                + "AAIRAxEAPwCUh6i67U3F0rQAXNACd10LEaS0SFidb3dSBdIq1l4KxGSfUlbbo2ZM8oxePwrKx4dnq34si7Gl0PB+zSbJp//Z"),
        ImageFixture(
            name: "JPEG 4:4:4", width: 17, height: 13, rgbChecksum: 2214779344, lumaChecksum: 149016518,
            base64:
                "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO"
                + "UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
                + "T09PT09PT0//wAARCAANABEDAREAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABQQG/8QAIhAAAQQCAAcBAAAAAAAAAAAAAQAC"
                + "BBEDBRQVISJRUpGh/8QAGQEAAwADAAAAAAAAAAAAAAAAAwQFAgYH/8QAJREAAQMCBAcBAAAAAAAAAAAAAQACAwQREhNBUgUUFSEk"
                + "kdGh/9oADAMBAAIRAxEAPwDKQ9RddqBGcxYU1XZNxdK0AFzQAmHU8bW45DYK/S1p0VvKMXj8KB4e78PxVOcckNdCxGkHhpxWuuUQ"
                + "zuS0SFidb3dSBdJdkhmDp5e5AJ9aBbFTTOFgFXw7PVvxJdRl2t9H6qmYV//Z"),
        ImageFixture(
            name: "JPEG 4:2:2 progressive", width: 17, height: 13, rgbChecksum: 1977881829, lumaChecksum: 1158955644,
            base64:
                "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO"
                + "UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
                + "T09PT09PT0//wgARCAANABEDASEAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAMEBf/EABkBAAIDAQAAAAAAAAAAAAAAAAMF"
                + "AQIEBv/aAAwDAQACEAMQAAABybqmcQyorFzjjMy//8QAGRAAAwEBAQAAAAAAAAAAAAAAAAECAxIT/9oACAEBAAEFAoyJxPJGcImE"
                + "cn//xAAaEQACAgMAAAAAAAAAAAAAAAAAAQIEAxIT/9oACAEDAQE/Aa2Y7MrTZsf/xAAbEQADAAIDAAAAAAAAAAAAAAAAAQIRURQi"
                + "I//aAAgBAgEBPwGUqWWeOzPWTkVpH//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEABj8CX//EABsQAAIBBQAAAAAAAAAAAAAA"
                + "AAABEBEhQVFh/9oACAEBAAE/IeIvKmDl2UaR/9oADAMBAAIAAwAAABC8w//EABYRAQEBAAAAAAAAAAAAAAAAABEAEP/aAAgBAwEB"
                + "PxADBUr/xAAdEQACAgEFAAAAAAAAAAAAAAAAARHRITFBkfDx/9oACAECAQE/ENkB0h0Sanpl8RZ5js//xAAaEAEBAQADAQAAAAAA"
                + "AAAAAAABABEhYaHx/9oACAEBAAE/ENcgAQC6/GflvcyG5fEv/9k="),
        ImageFixture(
            name: "JPEG gray", width: 17, height: 13, rgbChecksum: 857522396, lumaChecksum: 1187105063,
            base64:
                "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO"
                + "UlNSMj5aYVpQYEpRUk//wAALCAANABEBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAABQQG/8QAIhAAAQQCAAcBAAAAAAAAAAAAAQAC"
                + "BBEDBRQVISJRUpGh/9oACAEBAAA/AMpD1F12puLpWgAuaAFbyjF4/CkNdCxGktEhYnW93UgXSr4dnq34v//Z"),
        ImageFixture(
            name: "JPEG CMYK", width: 17, height: 13, rgbChecksum: 3971583295, lumaChecksum: 1115474641,
            base64:
                "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJT"
                + "UjI+WmFaUGBKUVJP/8AAFAgADQARBEMRAE0RAFkRAEsRAP/EABkAAAMBAQEAAAAAAAAAAAAAAAAGBwMBBP/EAC8QAAADBAYIBwAA"
                + "AAAAAAAAAAABAwIEBREVFjFCUaEGEhQhIlRi0gcTI0GRk6T/2gAOBEMATQBZAEsAAD8AUYDdCzVzoyCPCoZtmrwzmKcKTAboKudG"
                + "Qak9EXJ3ddqiDaSCJXmzlM5GciK0zkR7i3mANQKudGQ5ROinO/lV7QCGQG6KrRTvhkNvD50TX8rX95AFJgN0FFO+GQ2hbBRNh7jk"
                + "T9dVFBpUky4WSZZIzJhm2RfNszmcwBqBRTvhkPDWF75KG/S33gH/2Q=="),
    ]
}
