// Package nn owns networks: dense networks, alone or as a stack of members with
// equal shapes, with hand-written gradients, Adam with per-layer weight decay
// and normalisers. It knows nothing of reinforcement learning.
//
// What walks in: batches of rows x features in float32, row-major. What walks
// out: outputs, gradients with respect to parameters and to inputs.
//
//	net := nn.New(nn.Spec{Members: 1, Sizes: []int{17, 256, 256, 12}, Hidden: kern.ReLU, Trained: true})
//	net.InitUniform(run.Derive("actor/init"))
//	tape := net.NewTape(256)
//	y := net.Forward(0, tape, x, 256)
//	net.Backward(0, tape, dy, grad, nil)
//	adam.Step(net, 0, grad, nil)
package nn
