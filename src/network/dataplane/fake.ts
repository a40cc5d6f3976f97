import { nothing, type Dataplane, type DataplaneState } from './dataplane.ts'

/** A dataplane without packets: for simulated nodes, and for tests that ask what would be in force. */
export class FakeDataplane implements Dataplane {
  /** What was applied last. It is the caller's own, and changes when the caller changes it. */
  state: DataplaneState = nothing
  applied = 0

  apply(state: DataplaneState): Promise<void> {
    this.state = state
    this.applied++
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.state = nothing
    return Promise.resolve()
  }
}
