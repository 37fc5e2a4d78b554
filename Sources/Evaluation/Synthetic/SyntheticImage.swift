/// Made-up images with the statistics that photographs have in common: strength that falls with frequency, colors that
/// go together, edges, and flat parts.
enum SyntheticImage {
    /// - Returns: [height, width, channels], in 0…1.
    static func make(height: Int, width: Int, channels: Int, random: inout RandomNumbers) -> [Float] {
        let pixelCount = height * width
        let light = octaves(height: height, width: width, random: &random)
        var image = [Float](repeating: 0, count: pixelCount * channels)
        let brightness = random.uniform(0.3, 0.6)
        let contrast = random.uniform(0.12, 0.28)
        for channel in 0..<channels {
            let tint = channels > 1 ? octaves(height: height, width: width, random: &random) : light
            let weight: Float = channels > 1 ? 0.4 : 0
            let shift = channels > 1 ? random.uniform(-0.08, 0.08) : 0
            for pixel in 0..<pixelCount {
                let value = light[pixel] + weight * tint[pixel]
                image[pixel * channels + channel] = brightness + shift + contrast * value
            }
        }
        addPatches(to: &image, height: height, width: width, channels: channels, random: &random)
        for index in image.indices { image[index] = min(1, max(0, image[index])) }
        return image
    }

    /// Noise of variance 1 whose strength falls with frequency: grids of random numbers, each twice as fine as the one
    /// before and weaker, interpolated linearly.
    private static func octaves(height: Int, width: Int, random: inout RandomNumbers) -> [Float] {
        var sum = [Float](repeating: 0, count: height * width)
        var cells = 2
        var strength: Float = 1
        while cells <= max(height, width) {
            let rows = min(cells, height) + 1
            let columns = min(cells, width) + 1
            let grid = (0..<rows * columns).map { _ in random.normal() }
            for y in 0..<height {
                let fromTop = Float(y) / Float(height) * Float(rows - 1)
                let top = Int(fromTop)
                let down = fromTop - Float(top)
                for x in 0..<width {
                    let fromLeft = Float(x) / Float(width) * Float(columns - 1)
                    let left = Int(fromLeft)
                    let right = fromLeft - Float(left)
                    let corner = top * columns + left
                    let upper = grid[corner] + (grid[corner + 1] - grid[corner]) * right
                    let lower = grid[corner + columns] + (grid[corner + columns + 1] - grid[corner + columns]) * right
                    sum[y * width + x] += strength * (upper + (lower - upper) * down)
                }
            }
            cells *= 2
            strength *= 0.75
        }
        return normalized(sum)
    }

    private static func normalized(_ values: [Float]) -> [Float] {
        let mean = values.reduce(0, +) / Float(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)
        let scale = variance > 0 ? 1 / variance.squareRoot() : 0
        return values.map { ($0 - mean) * scale }
    }

    /// Rectangles of one color, some of them black or white, so that edges and both ends of the range are there.
    private static func addPatches(
        to image: inout [Float], height: Int, width: Int, channels: Int, random: inout RandomNumbers
    ) {
        for patch in 0..<4 {
            let top = Int(random.uniform() * Float(height))
            let left = Int(random.uniform() * Float(width))
            let bottom = min(height, top + 1 + Int(random.uniform(0.05, 0.4) * Float(height)))
            let right = min(width, left + 1 + Int(random.uniform(0.05, 0.4) * Float(width)))
            let extreme: Float = random.uniform() < 0.5 ? 0 : 1
            let color = (0..<channels).map { _ in patch == 0 ? extreme : random.uniform() }
            let cover = random.uniform(0.6, 1)
            for y in top..<bottom {
                for x in left..<right {
                    for channel in 0..<channels {
                        let index = (y * width + x) * channels + channel
                        image[index] += (color[channel] - image[index]) * cover
                    }
                }
            }
        }
    }
}
