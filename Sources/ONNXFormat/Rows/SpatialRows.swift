import ModelGraph
import Operators

extension OperatorTable {
    static let spatialRows: [OperatorRow] = []
}
